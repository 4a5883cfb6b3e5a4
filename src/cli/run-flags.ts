import type { Command } from "commander";
import { amount, wholeNumber, type Amount } from "./flag-number.ts";

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
  readonly baseUrl?: readonly string[];
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
  readonly databaseUrlEnv?: string;
  readonly run?: string;
  readonly retryFailed?: boolean;
  readonly metricsPort?: number;
  readonly json?: boolean;
}

/** A count, or names with commas between. */
function commits(text: string): Amount | string[] {
  const value = amount(text);
  return typeof value === "number" ? value : value.split(",").map((name) => name.trim());
}

const budgetFlag = ["--budget-usd <n>", "stop when this much is spent", amount] as const;

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
    .option(...budgetFlag)
    .option("--seed <n>", "seed of every draw (default 0)", amount)
    .option("--database-url-env <var>", "keep the run in the Postgres database whose address this variable holds: workers can join it")
    .option("--retry-failed", "try failed lineages again, also those that are not retryable")
    .optionsGroup("Output:")
    .option(
      "--metrics-port <n>",
      "serve figures for Prometheus at this port of loopback while it runs; 0: any free one",
      wholeNumber(0, 65_535),
    )
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
    .option(...budgetFlag);
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
    .option(
      "--base-url <url>",
      "endpoint: everything before /chat/completions (an origin gets /v1) or before /v1/messages; may repeat: all share the work",
      (url: string, before: string[] = []) => [...before, url],
    )
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
