import { contentId } from "../../base/hash.ts";
import { safetyFlags } from "../../journey/dataset/safety/safety-flags.ts";
import { readTranscript } from "../../journey/rollout-texts.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import { StorageError } from "../../ledger/storage-error.ts";
import type { ToolCall } from "../../records/message.ts";
import type { Rollout, Step, Transcript } from "../../records/rollout.ts";
import type { SafetyFlag } from "../../records/safety-flag.ts";
import { commandFailed } from "../command.ts";
import { counted } from "../counted.ts";
import { originFields, readOrigin } from "./origin.ts";
import {
  cutText,
  dollarsText,
  fields,
  heading,
  oneLine,
  patchLines,
  plain,
  prose,
  sizeText,
  tokensText,
  type PageLine,
  type PageView,
} from "./page.ts";

/** Key of the sample that a rollout becomes where a dataset takes it. */
export function sampleId(rollout: string): string {
  return contentId(["sample", rollout]);
}

/** A rollout turn by turn, from the problem it was given to its patch. */
export async function rolloutPage(run: RunStore, rollout: Rollout, view: PageView): Promise<PageLine[]> {
  const transcript = await readStored(run, rollout);
  const kind = rollout.kind.toUpperCase();
  const patch = await run.artifacts.get(rollout.patch);
  return [
    plain(`Rollout ${rollout.key} · ${kind}${rollout.kind === "t1" ? `, attempt ${rollout.attempt}` : ""}`, "heading"),
    ...originFields(await readOrigin(run, rollout.lineage)),
    ...fields([
      ["lineage", rollout.lineage],
      ["sample", sampleId(rollout.key)],
    ]),
    ...rolloutFields(rollout),
    ...flagLines(safetyFlags(transcript), view),
    ...heading(rollout.kind === "t1" ? "The bug hint it was given" : "The pull request it was given", view),
    ...prose(rollout.problem, view),
    ...promptLines(transcript, view),
    ...transcript.steps.flatMap((step) => stepLines(step, view)),
    ...heading(`Patch ${rollout.kind === "t1" ? "P1" : "P2"}`, view),
    ...patchLines(patch, view),
  ];
}

/** How it ended and what it took. */
export function rolloutFields(rollout: Rollout): PageLine[] {
  const { exit, steps, patchSize, spending, contextEstimated, divergedAtStep } = rollout;
  return fields([
    ["ended", `${exit} after ${counted(steps, "step")} with ${sizeText(patchSize)}`],
    ["tokens", tokensText(spending)],
    ["cost", dollarsText(spending)],
    ...(contextEstimated ? [["context", "estimated: the server told no tokens"] as const] : []),
    ...(divergedAtStep === null ? [] : [["diverged", `at turn ${divergedAtStep}, after a resume`] as const]),
  ]);
}

/** Why a dataset leaves its sample out, and which words of it are the cause. */
function flagLines(flags: readonly SafetyFlag[], view: PageView): PageLine[] {
  if (flags.length === 0) return [];
  const lines = flags.flatMap(({ reason, where, turn, rule, excerpt }) => [
    plain(`  ${reason}: the ${where}${turn === null ? "" : ` of turn ${turn}`} (rule ${rule})`),
    ...cutText(oneLine(excerpt), { ...view, mostLines: 1, prefix: "  │ " }),
  ]);
  return [...heading("Flagged: left out of datasets unless kept", view), ...lines];
}

export async function readStored(run: RunStore, { key, transcript }: Rollout): Promise<Transcript> {
  try {
    return await readTranscript(run.artifacts, transcript);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw commandFailed(`The transcript of the rollout ${key} is missing or damaged: \`apprentice verify\` says more.`);
  }
}

function promptLines({ system, user }: Transcript, view: PageView): PageLine[] {
  if (!view.full) return [plain(""), plain("  (The prompt that holds it, and all of every observation: --full)", "dim")];
  const whole = { ...view, mostLines: 0, prefix: "  " };
  return [...heading("System prompt", view), ...cutText(system, whole), ...heading("First message", view), ...cutText(user, whole)];
}

function stepLines({ turn, kind, reply, observation, ended, exitCode }: Step, view: PageView): PageLine[] {
  const how = [
    ...(kind === "requery" ? ["no valid call: asked again"] : []),
    ...(ended === null || ended === "completed" ? [] : [ended.replace("-", " ")]),
    ...(exitCode === null ? [] : [`exit status ${exitCode}`]),
  ];
  return [
    ...heading([`Turn ${turn}`, ...how].join(" · "), view),
    ...(reply.reasoning === null || reply.reasoning.trim() === "" ? [] : prose(`(${reply.reasoning.trim()})`, view, "dim")),
    ...(reply.content.trim() === "" ? [] : prose(reply.content, view)),
    ...reply.toolCalls.flatMap((call) => callLines(call, view)),
    ...cutText(observation, { ...view, mostLines: 18, prefix: "  │ " }),
  ];
}

/** A call as a person would write it; arguments that are no JSON object stay as the model wrote them. */
export function callLines({ name, arguments: written }: ToolCall, view: PageView): PageLine[] {
  const given = parsedArguments(written);
  if (given === null) return cutText(`${name} ${written}`, { ...view, mostLines: 30, prefix: "→ " });
  const [only, ...others] = Object.entries(given);
  if (name === "bash" && only?.[0] === "command" && others.length === 0) return commandLines(valueText(only[1]), view);
  return [plain(`→ ${oneLine(name)}`), ...Object.entries(given).flatMap(([key, value]) => argumentLines(key, valueText(value), view))];
}

/** As a shell shows what is typed at it. */
function commandLines(command: string, view: PageView): PageLine[] {
  const lines = cutText(command, { ...view, mostLines: 30, prefix: "> " });
  return lines.map((line, index) => (index === 0 ? { ...line, text: line.text.replace(">", "$") } : line));
}

function argumentLines(name: string, value: string, view: PageView): PageLine[] {
  if (!value.includes("\n")) return cutText(`${oneLine(name)}: ${value}`, { ...view, mostLines: 1, prefix: "    " });
  return [plain(`    ${oneLine(name)}:`), ...cutText(value, { ...view, mostLines: 30, prefix: "      " })];
}

function parsedArguments(written: string): object | null {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
