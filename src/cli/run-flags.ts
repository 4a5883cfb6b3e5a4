import { InvalidArgumentError, type Command } from "commander";
import { usageError } from "./command.ts";

/** A number as the user wrote it; what is none stays a text, which the schema refuses with what it allows. */
type Amount = number | string;

/** Flags of `generate` as commander gives them; everything optional, names as in interface.md. */
export interface RunFlags {
  readonly config?: string;
  readonly repo?: readonly string[];
  readonly commits?: Amount | readonly string[];
  readonly folder?: string;
  readonly lineages?: Amount;
  readonly sandbox?: string;
  readonly image?: string;
  readonly teacher?: string;
  readonly baseUrl?: string;
  readonly privacy?: string;
  readonly dialect?: string;
  readonly model?: string;
  readonly apiKeyEnv?: string;
  readonly toolset?: string;
  readonly temperature?: Amount;
  readonly maxSteps?: Amount;
  readonly context?: Amount;
  readonly concurrency?: Amount;
  readonly budgetUsd?: Amount;
  readonly holdOut?: Amount;
  readonly seed?: Amount;
  readonly run?: string;
  readonly retryFailed?: boolean;
  readonly json?: boolean;
}

/** Parses a flag's value that must be a whole number in a range; `most` null: as large as it may be exact. */
export function wholeNumber(least: number, most: number | null = null): (text: string) => number {
  return (text) => {
    const value = amount(text);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= (most ?? value)) return value;
    throw new InvalidArgumentError(`Write a whole number ${most === null ? `of at least ${least}` : `from ${least} to ${most}`}.`);
  };
}

export function numberOrNone(text: string): number | "none" {
  const value = text === "none" ? text : amount(text);
  if (value === "none" || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0)) return value;
  throw new InvalidArgumentError("Write a whole number of at least 0, or none.");
}

/** Parses a flag's value that is a part of one, such as a recall. */
export function fraction(text: string): number {
  const value = amount(text);
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("Write a number from 0 to 1.");
}

function amount(text: string): Amount {
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? text : value;
}

/** A count, or names with commas between. */
function commits(text: string): Amount | string[] {
  const value = amount(text);
  return typeof value === "number" ? value : value.split(",").map((name) => name.trim());
}

/** Registers the flags that choose what a run does. */
export function addRunFlags(command: Command): Command {
  addSettingsFlags(command);
  addRepositoryFlags(command)
    .option(
      "--commits <n>",
      "training commits: how many, spread over the last year before the hold-out cut, or names (a,b) (default 1)",
      commits,
    )
    .option("--folder <path>", "only functions below this folder of the repository; the agent sees all of it")
    .option("--hold-out <n>", "newest commits that training may not see, or none (default: a tenth)", amount);
  addTeacherFlags(command);
  addSandboxFlags(command);
  return command
    .optionsGroup("Rollouts:")
    .option("--toolset <name>", "tools of the agent: sera (bash, editor, submit) or mini (bash alone)")
    .option("--temperature <n>", "sampling temperature (default 0.6)", amount)
    .option("--max-steps <n>", "model calls of one rollout (default 115)", amount)
    .option("--context <n>", "tokens of the teacher's context that a rollout may fill (default 128000)", amount)
    .optionsGroup("The run:")
    .option("--lineages <n>", "functions to follow; may grow when a run goes on (default 20)", amount)
    .option("--concurrency <n>", "lineages at once (default 8)", amount)
    .option("--budget-usd <n>", "stop when this much is spent", amount)
    .option("--seed <n>", "seed of every draw (default 0)", amount)
    .option("--retry-failed", "try failed lineages again, also those that are not retryable")
    .optionsGroup("Output:")
    .option("--json", "print the result as one JSON object");
}

/** Registers the flags that choose what `doctor` looks at: each is one of `generate` and means the same. */
export function addDoctorFlags(command: Command): Command {
  addSettingsFlags(command);
  addRepositoryFlags(command);
  addTeacherFlags(command);
  addSandboxFlags(command);
  return command.optionsGroup("Output:").option("--json", "print one JSON object a check");
}

/** Registers the flags of `init`: each answers a question, and is one of `generate` that means the same. */
export function addInitFlags(command: Command): Command {
  addRepositoryFlags(command);
  addTeacherFlags(command);
  return command
    .optionsGroup("The run:")
    .option("--sandbox <kind>", "where the agent's commands run (default: the first that works here)")
    .option("--lineages <n>", "functions to follow (default 20)", amount)
    .option("--budget-usd <n>", "stop when this much is spent", amount);
}

function addSettingsFlags(command: Command): Command {
  return command
    .optionsGroup("Settings:")
    .option("--config <file>", "settings in YAML (default: apprentice.yaml here, if there is one)")
    .option("--run <dir>", "run folder; an existing run goes on, with its own settings");
}

function addRepositoryFlags(command: Command): Command {
  return command
    .optionsGroup("Repository:")
    .option(
      "--repo <path>",
      "git repository or a folder in one, address, tar, zip or plain folder; may repeat",
      (path: string, before: string[] = []) => [...before, path],
    );
}

function addTeacherFlags(command: Command): Command {
  return command
    .optionsGroup("Teacher:")
    .option("--base-url <url>", "endpoint: everything before /chat/completions (an origin gets /v1) or before /v1/messages")
    .option("--model <name>", "model name at that endpoint")
    .option("--api-key-env <var>", "environment variable that holds the key; without it no key is sent")
    .option("--dialect <name>", "what the endpoint speaks: openai-chat (default) or anthropic-messages")
    .option("--privacy <kind>", "local: refuse endpoints outside this machine and private networks; or any (default)")
    .option("--teacher <name>", "scripted, the built-in one: for trying the machine, not for training");
}

function addSandboxFlags(command: Command): Command {
  return command
    .optionsGroup("Sandbox:")
    .option("--sandbox <kind>", "bubblewrap, docker (or podman; needs --image), or none (only with the scripted teacher)")
    .option("--image <name>", "the sandbox's system: a tar or, in bubblewrap, a root folder; in docker also a name or a Dockerfile");
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
    [["privacy"], "--privacy", flags.privacy],
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
  checkTeacherFlags(flags);
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

/** Mistakes of which the file's schema would speak as of the file. */
function checkTeacherFlags({ teacher, apiKeyEnv }: RunFlags): void {
  if (teacher !== undefined && teacher !== "scripted") {
    throw usageError(
      "--teacher: only scripted, the built-in one, is chosen by this flag; a model behind an endpoint by --base-url URL --model NAME.",
    );
  }
  if (apiKeyEnv !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(apiKeyEnv)) {
    throw usageError(
      "--api-key-env: write the name of an environment variable that holds the key, such as TEACHER_KEY, not the key itself.",
    );
  }
}

function repositoryRows(flags: RunFlags, written: unknown): Row[] {
  const named = flags.repo?.map((path) => ({ path }));
  const all: readonly unknown[] = named ?? (Array.isArray(written) ? written : []);
  return [
    [["repositories"], "--repo", named],
    ...all.flatMap((_, index): Row[] => [
      [["repositories", index, "commits"], "--commits", flags.commits],
      [["repositories", index, "folder"], "--folder", flags.folder],
      [["repositories", index, "holdOut"], "--hold-out", flags.holdOut],
    ]),
  ];
}

function firstOf(list: unknown): Readonly<Record<string, unknown>> {
  const first: unknown = Array.isArray(list) ? list[0] : null;
  return typeof first === "object" && first !== null ? Object.fromEntries(Object.entries(first)) : {};
}
