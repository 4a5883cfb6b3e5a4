import { err } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";
import { openRepository } from "./open-repository.ts";
import type { Repository } from "./open-repository.ts";
import { complaint, gitFailure, runGit } from "./run-git.ts";

/** `address` as `repositoryLocation` gives it; `folder` must not exist. */
export interface CloneRequest {
  readonly address: string;
  readonly name: string;
  readonly folder: string;
}

/** What is the user's own to say: how their git reaches and logs in to a host. Transports are limited, and nothing is checked out or run. */
const cloneConfig: Readonly<Record<string, string>> = {
  "protocol.allow": "never",
  "protocol.http.allow": "always",
  "protocol.https.allow": "always",
  "protocol.ssh.allow": "always",
};

/**
 * Fetches a whole repository, without submodules, large files behind pointers, hooks or a work tree, by the user's own credential helpers
 * and ssh keys; nothing of them is kept, and nothing is asked at the terminal. Fails with `clone-failed`.
 */
export async function cloneRepository({ address, name, folder }: CloneRequest, signal: AbortSignal): Promise<Result<Repository, Failure>> {
  const args = ["clone", "--quiet", "--bare", "--template=", "--no-recurse-submodules", "--", address, folder];
  const exit = await runGit({ args, config: cloneConfig, asUser: true }, signal);
  if (exit.ended !== "exited") return err(gitFailure(`fetching ${address}`, exit));
  if (exit.exitCode !== 0) {
    const message = `${address} could not be fetched: ${complaint(exit.stderr)}. See that \`git clone ${address}\` works here without asking for a password.`;
    return err(failure({ boundary: "repository", code: "clone-failed", message }));
  }
  const opened = await openRepository(folder, signal);
  return opened.ok ? { ok: true, value: { ...opened.value, name } } : emptyClone(address, opened.error);
}

function emptyClone(address: string, error: Failure): Result<never, Failure> {
  return err(error.code === "no-commits" ? { ...error, message: `${address} has no commits: push some first` } : error);
}
