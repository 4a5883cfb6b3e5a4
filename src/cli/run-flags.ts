import { InvalidArgumentError, type Command } from "commander";
import { usageError } from "./command.ts";

/** Flags of `generate` as commander gives them; everything optional, names as in interface.md. */
export interface RunFlags {
  readonly config?: string;
  readonly repo?: readonly string[];
  readonly commits?: number;
  readonly lineages?: number;
  readonly sandbox?: string;
  readonly image?: string;
  readonly teacher?: string;
  readonly baseUrl?: string;
  readonly dialect?: string;
  readonly model?: string;
  readonly apiKeyEnv?: string;
  readonly toolset?: string;
  readonly temperature?: number;
  readonly maxSteps?: number;
  readonly context?: number;
  readonly concurrency?: number;
  readonly budgetUsd?: number;
  readonly holdOut?: number | "none";
  readonly seed?: number;
  readonly run?: string;
  readonly retryFailed?: boolean;
  readonly json?: boolean;
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("write a number.");
  return value;
}

/** Registers the flags that choose what a run does. */
export function addRunFlags(command: Command): Command {
  return command
    .option("--config <file>", "settings in YAML (default: apprentice.yaml here, if there is one)")
    .option("--repo <path>", "local git repository; may repeat", (path: string, before: string[] = []) => [...before, path])
    .option("--commits <n>", "training commits, spread over the last year before the hold-out cut", number)
    .option("--lineages <n>", "functions to follow; may grow when a run goes on", number)
    .option("--sandbox <kind>", "bubblewrap, or none (only with the scripted teacher)")
    .option("--image <path>", "root folder or tar that is the sandbox's system")
    .option("--teacher <name>", "the built-in scripted teacher: for trying the machine, not for training")
    .option("--base-url <url>", "endpoint of the teacher: everything before /chat/completions; an origin gets /v1")
    .option("--dialect <name>", "openai-chat")
    .option("--model <name>", "model name at that endpoint")
    .option("--api-key-env <var>", "environment variable that holds the key; without it no key is sent")
    .option("--toolset <name>", "tools of the agent: sera")
    .option("--temperature <n>", "sampling temperature (default 0.6)", number)
    .option("--max-steps <n>", "model calls of one rollout (default 115)", number)
    .option("--context <n>", "tokens of the teacher's context that a rollout may fill", number)
    .option("--concurrency <n>", "lineages at once (default 8)", number)
    .option("--budget-usd <n>", "stop when this much is spent", number)
    .option("--hold-out <n>", "newest commits that training may not see, or none", (text: string) =>
      text === "none" ? text : number(text),
    )
    .option("--seed <n>", "seed of every draw", number)
    .option("--run <dir>", "run folder; an existing run goes on")
    .option("--retry-failed", "try failed lineages again, also those that are not retryable")
    .option("--json", "print the result as one JSON object");
}

/** One value of the config file and the flag it came from. */
export interface FlagValue {
  readonly path: readonly (string | number)[];
  readonly flag: string;
  readonly value: unknown;
}

type Row = readonly [FlagValue["path"], string, unknown];

/** The flags as values of the config file; what they mean depends on what is `written` there. Throws a CommandEnd where they contradict each other. */
export function valuesOfFlags(flags: RunFlags, written: Readonly<Record<string, unknown>>): FlagValue[] {
  const rows: Row[] = [
    [["lineages"], "--lineages", flags.lineages],
    [["concurrency"], "--concurrency", flags.concurrency],
    [["budgetUsd"], "--budget-usd", flags.budgetUsd],
    [["seed"], "--seed", flags.seed],
    [["sandbox", "kind"], "--sandbox", flags.sandbox],
    [["sandbox", "image"], "--image", flags.image],
    [["rollout", "toolset"], "--toolset", flags.toolset],
    [["rollout", "temperature"], "--temperature", flags.temperature],
    [["rollout", "maxSteps"], "--max-steps", flags.maxSteps],
    [["rollout", "context"], "--context", flags.context],
    ...teacherRows(flags, firstOf(written["teachers"])),
    ...repositoryRows(flags, written["repositories"]),
  ];
  return rows.flatMap(([path, flag, value]) => (value === undefined ? [] : [{ path, flag, value }]));
}

/** Flags about an endpoint change the file's endpoint, or stand in the place of another kind of teacher. */
function teacherRows(flags: RunFlags, before: Readonly<Record<string, unknown>>): Row[] {
  const key = flags.apiKeyEnv === undefined ? undefined : `env:${flags.apiKeyEnv}`;
  const rows: Row[] = [
    [["teachers", 0, "baseUrl"], "--base-url", flags.baseUrl],
    [["teachers", 0, "model"], "--model", flags.model],
    [["teachers", 0, "dialect"], "--dialect", flags.dialect],
    [["teachers", 0, "apiKey"], "--api-key-env", key],
  ];
  const flag = rows.find(([, , value]) => value !== undefined)?.[1];
  if (flags.teacher !== undefined && flag !== undefined) {
    throw usageError(`--teacher is for the built-in teacher and ${flag} for a model behind an endpoint: leave one of them out.`);
  }
  if (flags.teacher !== undefined)
    return [[["teachers"], "--teacher", before["kind"] === flags.teacher ? undefined : [{ kind: flags.teacher }]]];
  if (flag === undefined) return [];
  if (before["kind"] !== "endpoint") return [[["teachers"], flag, [{ kind: "endpoint" }]], ...rows];
  // A key is for the endpoint it was given for, and prices are of the model they were given for.
  const isElsewhere = flags.baseUrl !== undefined && flags.baseUrl !== before["baseUrl"];
  const isOther = flags.model !== undefined && flags.model !== before["model"];
  return [
    [["teachers", 0, "apiKey"], "--base-url", isElsewhere ? null : undefined],
    [["teachers", 0, "prices"], "--model", isOther ? null : undefined],
    ...rows,
  ];
}

function repositoryRows(flags: RunFlags, written: unknown): Row[] {
  const named = flags.repo?.map((path) => ({ path }));
  const all: readonly unknown[] = named ?? (Array.isArray(written) ? written : []);
  return [
    [["repositories"], "--repo", named],
    ...all.flatMap((_, index): Row[] => [
      [["repositories", index, "commits"], "--commits", flags.commits],
      [["repositories", index, "holdOut"], "--hold-out", flags.holdOut],
    ]),
  ];
}

function firstOf(list: unknown): Readonly<Record<string, unknown>> {
  const first: unknown = Array.isArray(list) ? list[0] : null;
  return typeof first === "object" && first !== null ? Object.fromEntries(Object.entries(first)) : {};
}
