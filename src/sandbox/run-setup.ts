import { ok, type Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import { lastLines } from "./last-lines.ts";
import { settingsFolder, type NetworkSettings } from "./network-settings.ts";
import type { CommandResult, Sandbox, Setup } from "./sandbox.ts";
import { notOpened } from "./sandbox-failure.ts";

const outputLimitBytes = 64 * 1024;

/** Nobody answers questions, and git shall serve root in a workspace that is the agent's. */
const atHome = "export DEBIAN_FRONTEND=noninteractive GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=/testbed";

export interface SetupRun {
  /** Where they run: with network, and the settings in their folder. */
  readonly sandbox: Sandbox;
  readonly setup: Setup;
  readonly settings: NetworkSettings;
}

/** Runs set-up commands one after the other in one shell. The first that fails concerns the whole run, and is said with its last lines. */
export async function runSetup({ sandbox, setup, settings }: SetupRun, signal: AbortSignal): Promise<Result<null, Failure>> {
  const untilMs = performance.now() + setup.timeoutMs;
  let isFresh = true;
  for (const command of setup.commands) {
    const request = { timeoutMs: Math.max(1, untilMs - performance.now()), outputLimitBytes };
    const source = isFresh ? `${atHome}; . ${settingsFolder}/environment\n` : "";
    const done = await sandbox.run({ ...request, command: source + command }, signal);
    if (!done.ok) return done;
    const { ended, exitCode } = done.value;
    isFresh = ended === "shell-ended";
    if (ended !== "timed-out" && exitCode === 0) continue;
    const seconds = Math.round(setup.timeoutMs / 1000);
    const how =
      ended === "timed-out"
        ? `had not ended when ${seconds} s for all of set-up were over (rollout.deadlines.setupMs)`
        : `ended with status ${exitCode ?? "unknown"}`;
    return setupFailed(settings.scrubber.text(`the set-up command \`${command.trim()}\` ${how}. ${lastWords(done.value)}`));
  }
  return ok(null);
}

export function setupFailed(message: string): { readonly ok: false; readonly error: Failure } {
  const sentence = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`;
  return notOpened(sentence, { code: "setup-failed", wholeRun: true, retryable: false });
}

/** Of the output of a command. */
function lastWords({ output, outputTail }: CommandResult): string {
  return lastLines(outputTail === "" ? output : outputTail);
}
