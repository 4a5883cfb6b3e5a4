import { contentId } from "../base/hash.ts";
import { plainText } from "../base/plain-text.ts";
import { latestOutcomes, summariseRun } from "../journey/analysis/summarise-run.ts";
import { readTranscript } from "../journey/rollout-texts.ts";
import type { RunStore } from "../ledger/run-store.ts";
import type { Step } from "../records/rollout.ts";
import { usageError, type CommandModule, type Terminal } from "./command.ts";
import { openRunToRead } from "./open-run-to-read.ts";
import { summaryLines } from "./summary-lines.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("show")
    .description("Shows a run, or one of its lineages, rollouts, pull requests, scores or samples, to read.")
    .argument("<run>", "run folder")
    .argument("[id]", "id, or how it begins")
    .option("--json", "print the record as one JSON object")
    .action(async (dir: string, id: string | undefined, flags: { readonly json?: boolean }) => {
      await using run = await openRunToRead(dir);
      if (id === undefined) await showRun(run, flags.json ?? false, terminal);
      else await showRecord({ run, id, json: flags.json ?? false }, terminal);
    });
};

async function showRun(run: RunStore, json: boolean, terminal: Terminal): Promise<void> {
  const summary = await summariseRun(run);
  if (json) return terminal.print(JSON.stringify(summary));
  for (const line of summaryLines(summary)) terminal.print(line);
  terminal.print("");
  terminal.print("Lineages (show one by the beginning of its id):");
  const states = new Map((await latestOutcomes(run.ledger)).map(({ lineage, state }) => [lineage, state]));
  for await (const { key, record } of run.ledger.list("lineage")) {
    const { path, qualifiedName, startLine } = record.site;
    terminal.print(
      `  ${key.slice(0, 12)}  ${(states.get(key) ?? "unfinished").padEnd(10)}  ${plainText(`${path}:${startLine} ${qualifiedName}`).replaceAll("\n", "\\n")}`,
    );
  }
}

interface Shown {
  readonly run: RunStore;
  readonly id: string;
  readonly json: boolean;
}

async function showRecord({ run, id, json }: Shown, terminal: Terminal): Promise<void> {
  const samples = await rolloutsOfSamples(run, id);
  const found = [...(await run.ledger.find(id)), ...samples.map((key) => ({ kind: "rollout" as const, key }))];
  const keys = [...new Set(found.map(({ key }) => key.split(":")[0]))];
  if (found.length === 0)
    throw usageError(`Nothing in this run has an id that begins with "${id}": \`apprentice show RUN\` lists its lineages.`);
  if (keys.length > 1) throw usageError(`"${id}" is how ${keys.length} ids begin: write more of it.`);
  const records = await Promise.all(found.map(async ({ kind, key }) => ({ kind, key, record: await run.ledger.get(kind, key) })));
  if (json) return terminal.print(JSON.stringify(records.length === 1 ? records[0] : records));
  for (const { kind, key, record } of records) {
    terminal.print(`${kind} ${key}`);
    terminal.print(plainText(JSON.stringify(record, null, 2)));
  }
  for (const { kind, key } of found) if (kind === "rollout") await showRollout(run, key, terminal);
}

/** Keys of rollouts whose sample's id begins so: that id is a hash of theirs. */
async function rolloutsOfSamples(run: RunStore, id: string): Promise<string[]> {
  const keys = await Array.fromAsync(run.ledger.keys("rollout"));
  return keys.filter((key) => contentId(["sample", key]).startsWith(id));
}

async function showRollout(run: RunStore, key: string, terminal: Terminal): Promise<void> {
  const rollout = await run.ledger.get("rollout", key);
  if (rollout === null) return;
  const transcript = await readTranscript(run.artifacts, rollout.transcript);
  terminal.print(`\n── system ──\n${plainText(transcript.system)}\n\n── user ──\n${plainText(transcript.user)}`);
  for (const step of transcript.steps) showStep(step, terminal);
  const patch = await run.artifacts.get(rollout.patch);
  terminal.print(`\n── patch ──\n${plainText(Buffer.from(patch ?? []).toString("utf8"))}`);
}

function showStep({ turn, kind, reply, observation }: Step, terminal: Terminal): void {
  terminal.print(`\n── turn ${turn}${kind === "requery" ? ", asked again" : ""} ──`);
  if (reply.reasoning !== null) terminal.print(plainText(`(${reply.reasoning.trim()})`));
  if (reply.content !== "") terminal.print(plainText(reply.content));
  for (const call of reply.toolCalls) terminal.print(plainText(`→ ${call.name} ${call.arguments}`));
  terminal.print(plainText(observation.replace(/^/gm, "  │ ")));
}
