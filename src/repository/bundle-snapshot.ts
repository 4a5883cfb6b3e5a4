import { rename } from "node:fs/promises";
import { join } from "node:path";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import { makeGitDir } from "./git-dir.ts";
import type { Repository } from "./open-repository.ts";
import { gitFailure, runGit } from "./run-git.ts";
import { makeScratch } from "./scratch.ts";
import { listEntries } from "./snapshot-listing.ts";
import { snapshotBranch, TreeImport } from "./tree-import.ts";
import type { ImportedTree } from "./tree-import.ts";

/** `commit`: full id in `repository`. The bundle is left in the folder `scratch`, which is made when missing. */
export interface BundleRequest {
  readonly repository: Repository;
  readonly commit: string;
  readonly scratch: string;
}

/** A commit made of a tree alone; `bundlePath` is a git bundle that holds it as `refs/heads/main`. */
export interface SnapshotBundle {
  readonly commit: string;
  readonly tree: string;
  readonly bundlePath: string;
}

/**
 * Makes a commit of the files of `commit` and nothing else: no parent, and author, date and message are fixed, so equal files
 * give an equal commit id everywhere. Nothing is written into the user's repository, not even a time: its objects are only read.
 */
export async function bundleSnapshot(request: BundleRequest, signal: AbortSignal): Promise<Result<SnapshotBundle, Failure>> {
  const { repository } = request;
  await using scratch = await makeScratch(request.scratch);
  const gitDir = join(scratch.path, "git");
  const alternates = [repository.objectsDir];
  await makeGitDir({ path: gitDir, hash: repository.hash, bare: true, head: `ref: ${snapshotBranch}`, alternates });
  const made = await commitAlone(request, gitDir, signal);
  if (!made.ok) return made;
  const temporary = join(scratch.path, "bundle");
  // One thread: with several, equal input may be packed differently. No search for deltas: those the user's packs have are
  // taken over, and for files never packed a search takes twice the time to save a tenth of the size.
  const args = ["bundle", "create", "--quiet", temporary, snapshotBranch];
  const bundled = await runGit({ gitDir, args, config: { "pack.threads": "1", "pack.window": "0" } }, signal);
  if (bundled.exitCode !== 0) return err(gitFailure("making a snapshot", bundled));
  const bundlePath = join(request.scratch, `snapshot-${made.value.commit}.bundle`);
  await rename(temporary, bundlePath);
  return ok({ ...made.value, bundlePath });
}

/**
 * The tree is made anew from its paths. Old repositories hold trees with modes that git no longer writes, and a patch applied
 * through an index would silently mend them, so that its tree would differ from the one the diff was made from.
 */
async function commitAlone(request: BundleRequest, gitDir: string, signal: AbortSignal): Promise<Result<ImportedTree, Failure>> {
  const entries = await listEntries(request.repository.gitDir, request.commit, signal);
  if (!entries.ok) return entries;
  await using tree = new TreeImport(gitDir, signal);
  return await tree.finish(null, [...entries.value]);
}
