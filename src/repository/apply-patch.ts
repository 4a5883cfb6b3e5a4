import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";
import { makeGitDir } from "./git-dir.ts";
import { complaint, gitFailure, runGit } from "./run-git.ts";
import { makeScratch } from "./scratch.ts";

/** `gitDir`: a bare snapshot with an index of `commit` at `index`, as `unpackSnapshot` makes it. */
export interface ApplyRequest {
  readonly gitDir: string;
  readonly commit: string;
  readonly patch: Uint8Array;
  readonly scratch: string;
}

/**
 * The id of the tree a patch makes of the snapshot; the whole patch applies, without fuzz, or none of it. `gitDir` is only read. Fails with
 * `patch-does-not-apply`, which says where.
 */
export async function applyPatch(request: ApplyRequest, signal: AbortSignal): Promise<Result<string, Failure>> {
  await using scratch = await makeScratch(request.scratch);
  const gitDir = join(scratch.path, "git");
  const hash = request.commit.length === 64 ? "sha256" : "sha1";
  await makeGitDir({ path: gitDir, hash, bare: true, head: request.commit, alternates: [join(request.gitDir, "objects")] });
  await copyFile(join(request.gitDir, "index"), join(gitDir, "index"));
  if (request.patch.length > 0) {
    const args = ["apply", "--cached", "--whitespace=nowarn", "-p1", "-"];
    const applied = await runGit({ gitDir, args, input: request.patch }, signal);
    if (applied.ended !== "exited") return err(gitFailure("applying a patch", applied));
    if (applied.exitCode !== 0) return err(doesNotApply(applied.stderr));
  }
  const written = await runGit({ gitDir, args: ["write-tree"] }, signal);
  if (written.exitCode !== 0) return err(gitFailure("writing the tree of a patch", written));
  return ok(written.stdout.toString("ascii").trim());
}

function doesNotApply(stderr: string): Failure {
  const message = `the patch does not apply to its snapshot: ${complaint(stderr)}`;
  return failure({ boundary: "repository", code: "patch-does-not-apply", message });
}
