import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import type { Repository } from "./open-repository.ts";
import { gitFailure, runGit } from "./run-git.ts";

export interface TextSearch {
  readonly repository: Repository;
  /** Full id. */
  readonly commit: string;
  /** What is looked for, as it is; it never stands in a process list. */
  readonly text: string;
}

/** Paths of the files of a commit, binary ones too, that hold a text of one line. Nothing but objects is read. */
export async function findInFiles({ repository, commit, text }: TextSearch, signal: AbortSignal): Promise<Result<string[], Failure>> {
  const args = ["grep", "--files-with-matches", "--null", "--fixed-strings", "--text", "--no-textconv", "--full-name", "-f", "-", commit];
  const found = await runGit({ gitDir: repository.gitDir, args, input: `${text}\n` }, signal);
  // 1: in no file.
  if (found.exitCode !== 0 && found.exitCode !== 1) return err(gitFailure("looking through a commit", found));
  const names = found.stdout.toString("utf8").split("\0").slice(0, -1);
  return ok(names.map((name) => name.slice(commit.length + 1)));
}
