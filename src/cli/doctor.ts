import { statfs } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createScrubber } from "../base/secret.ts";
import type { Config } from "../config/config-schema.ts";
import type { ToolSchema } from "../records/message.ts";
import { runGit } from "../repository/run-git.ts";
import type { CommandModule, Terminal } from "./command.ts";
import { openTeacher, sandboxKinds, secretsOf } from "./compose.ts";
import { defaultConfigFile, resolveConfig } from "./resolve-config.ts";
import { addRunFlags, type RunFlags } from "./run-flags.ts";

/** One thing looked at: does it hold, what was seen, and how to mend it. */
interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly mend: string | null;
}

export const register: CommandModule["register"] = (program, terminal) => {
  addRunFlags(
    program
      .command("doctor")
      .description(
        "Checks what a run needs and says how to mend what is missing. With a config or a teacher's flags the teacher is asked too.",
      ),
  ).action(async (flags: RunFlags) => {
    let broken = 0;
    for await (const check of checks(flags)) {
      if (!check.ok) broken++;
      tell(check, flags.json ?? false, terminal);
    }
    if (broken > 0) terminal.exit(1);
  });
};

function tell(check: Check, json: boolean, terminal: Terminal): void {
  if (json) return terminal.print(JSON.stringify(check));
  terminal.print(`${check.ok ? "ok  " : "BAD "} ${check.check}: ${check.detail}`);
  if (!check.ok && check.mend !== null) terminal.print(`     mend: ${check.mend}`);
}

async function* checks(flags: RunFlags): AsyncGenerator<Check> {
  yield nodeCheck();
  yield await gitCheck();
  yield await diskCheck();
  for (const check of await (await sandboxKinds.bubblewrap()).probe()) yield { ...check, check: `sandbox ${check.check}` };
  if (hasTeacher(flags)) yield* teacherChecks(await resolveConfig(withRepository(flags)));
}

function nodeCheck(): Check {
  const { node } = process.versions;
  return { check: "node", ok: Number(node.split(".")[0]) >= 24, detail: node, mend: "install Node 24 or newer" };
}

async function gitCheck(): Promise<Check> {
  const exit = await runGit({ args: ["version"], folder: process.cwd() }, new AbortController().signal);
  const version = /(\d+)\.(\d+)/.exec(exit.stdout.toString("utf8"));
  const ok = version !== null && Number(version[1]) * 1000 + Number(version[2]) >= 2039;
  return { check: "git", ok, detail: exit.stdout.toString("utf8").trim() || "not found", mend: "install git 2.39 or newer" };
}

async function diskCheck(): Promise<Check> {
  const { bavail, bsize } = await statfs(process.cwd());
  const freeGiB = (bavail * bsize) / 2 ** 30;
  return {
    check: "disk",
    ok: freeGiB >= 2,
    detail: `${freeGiB.toFixed(1)} GiB free here`,
    mend: "free some space, or run in another folder",
  };
}

function hasTeacher(flags: RunFlags): boolean {
  return [flags.config, flags.teacher, flags.baseUrl, flags.run].some((flag) => flag !== undefined) || existsSync(defaultConfigFile);
}

function withRepository(flags: RunFlags): RunFlags {
  return flags.repo === undefined && flags.config === undefined && !existsSync(defaultConfigFile) ? { ...flags, repo: ["."] } : flags;
}

const probeTool: ToolSchema = {
  name: "bash",
  description: "runs the given command directly in bash",
  parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
};

/** Asks the teacher for one tool call, streamed: the cheapest question that shows whether a run would work. */
async function* teacherChecks(config: Config): AsyncGenerator<Check> {
  const secrets = secretsOf(config);
  if (!secrets.ok) {
    const { variable } = secrets.error;
    yield { check: "teacher key", ok: false, detail: `the environment variable ${variable} is not set`, mend: `export ${variable}` };
    return;
  }
  const scrubber = createScrubber(secrets.value);
  await using opened = await openTeacher(config, secrets.value);
  const { model, costUsd } = { model: opened.teacher.model, costUsd: opened.teacher.costUsd({ input: 0, cached: 0, output: 0 }) };
  const prepared = model.prepare({
    messages: [{ role: "user", content: "Call the tool bash once with the command: echo hello" }],
    tools: [probeTool],
    temperature: 0,
    maxOutputTokens: 512,
  });
  const check = `teacher ${model.name} at ${model.host}`;
  const sent = await prepared.send(AbortSignal.timeout(config.rollout.deadlines.firstByteMs));
  if (!sent.ok) {
    const detail = scrubber.text(`${sent.error.failure.code}: ${sent.error.failure.message}`);
    yield { check, ok: false, detail, mend: "check --base-url, --model and --api-key-env" };
    return;
  }
  const { message, usage, finish } = sent.value;
  yield { check, ok: true, detail: `answered, finish ${finish}`, mend: null };
  const called = message.toolCalls.length > 0;
  yield {
    check: "tool calls",
    ok: called,
    detail: called ? "made" : "the reply held no tool call",
    mend: "serve the model with its tool-call parser",
  };
  const counted = usage.input !== null && usage.output !== null;
  yield {
    check: "usage",
    ok: counted,
    detail: counted ? "reported" : "not reported: context is estimated, cost unknown",
    mend: "let the server report usage in streams",
  };
  yield {
    check: "cached tokens",
    ok: true,
    detail: usage.cached === null ? "not reported: every input token counts as new" : "reported",
    mend: null,
  };
  yield {
    check: "price",
    ok: true,
    detail: costUsd === null ? "not known: cost will be unknown (set prices under teachers)" : "known",
    mend: null,
  };
}
