import type { Failure } from "../../records/failure.ts";
import { commandFailed, usageError, type CommandEnd } from "../command.ts";

/** What the user wrote, not what happened: these end with the status of a usage error. */
const usageCodes = new Set([
  "no-such-path",
  "not-a-repository",
  "no-commits",
  "unknown-revision",
  "hold-out-too-large",
  "demonstrations-unusable",
  "bad-address",
  "clone-failed",
  "archive-unusable",
  "folder-unusable",
  "folder-outside",
  "commit-held-out",
  "secret-in-repository",
  "image-not-named",
  "image-is-a-folder",
  "dockerfile-unusable",
  "dockerfile-needs-docker",
]);

export function isUsage({ code }: Failure): boolean {
  return usageCodes.has(code);
}

/** How a command ends with a failure before it began. */
export function refusal(failure: Failure): CommandEnd {
  return isUsage(failure) ? usageError(failure.message) : commandFailed(failure.message);
}
