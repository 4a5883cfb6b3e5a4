import { isUtf8 } from "node:buffer";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import type { Repository } from "./open-repository.ts";
import { gitFailure, startGit } from "./run-git.ts";
import { splitBytes } from "./split-bytes.ts";

/**
 * A path of a tree. `mode` as git writes it: `100644`, `100755` (executable), `120000` (symbolic link), `160000` (submodule, where
 * `blob` is a commit of another repository and `size` null). `size` in bytes.
 */
export interface TreeFile {
  readonly path: string;
  readonly mode: string;
  readonly blob: string;
  readonly size: number | null;
}

/** `files` in git's order; `unreadableNames`: how many more there are whose names are not UTF-8. */
export interface TreeListing {
  readonly files: readonly TreeFile[];
  readonly unreadableNames: number;
}

/** Every path of a commit's tree. A blob that the repository lacks (partial clone) has a null size. */
export async function listTreeFiles(
  repository: Pick<Repository, "gitDir">,
  commit: string,
  signal: AbortSignal,
): Promise<Result<TreeListing, Failure>> {
  const args = ["ls-tree", "-r", "-l", "-z", "--full-tree", "--end-of-options", commit];
  const git = startGit({ gitDir: repository.gitDir, args }, signal);
  git.stdin.end();
  const files: TreeFile[] = [];
  let unreadableNames = 0;
  for await (const entry of splitBytes(git.output, 0)) {
    if (isUtf8(entry)) files.push(fileOf(entry.toString("utf8")));
    else unreadableNames++;
  }
  const exit = await git.exit;
  return exit.exitCode === 0 ? ok({ files, unreadableNames }) : err(gitFailure("listing the files of a commit", exit));
}

/** `<mode> <type> <object> <size padded to 7>\t<path>` */
function fileOf(entry: string): TreeFile {
  const tab = entry.indexOf("\t");
  const [mode = "", , blob = "", size = ""] = entry.slice(0, tab).split(/ +/);
  const bytes = Number(size);
  return { path: entry.slice(tab + 1), mode, blob, size: Number.isNaN(bytes) ? null : bytes };
}
