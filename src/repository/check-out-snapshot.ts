import { copyFile, lutimes, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import { snapshotBranch, snapshotTime } from "./tree-import.ts";
import { makeGitDir } from "./git-dir.ts";
import { gitFailure, runGit } from "./run-git.ts";
import { settleFiles } from "./settle-files.ts";

export interface CheckOutRequest {
  /** Bare folder with the commit in packs, and its index at `index`. */
  readonly gitDir: string;
  readonly commit: string;
  /** Is made. */
  readonly folder: string;
  readonly owner: number | null;
}

/**
 * Settings an agent meets. A sandbox maps owners and lays the files over, so git there must know an unchanged file by its size
 * and second alone, or its first status would read everything.
 */
const agentConfig = `[core]
	checkStat = minimal
	trustctime = false
	fsmonitor = false
[maintenance]
	auto = false
[user]
	name = Apprentice
	email = apprentice@localhost
`;

/**
 * Lays a snapshot out as a work tree with a `.git` of its own. Every file holds the very bytes of its blob, whatever the
 * tree's attributes say, and the time of every file is the snapshot's, so that listings are equal on all machines.
 */
export async function checkOutSnapshot(request: CheckOutRequest, signal: AbortSignal): Promise<Result<void, Failure>> {
  const { folder, owner } = request;
  const gitDir = join(folder, ".git");
  await mkdir(folder);
  const git = async (...args: string[]): Promise<Result<void, Failure>> => {
    const exit = await runGit({ gitDir, folder, args, environment: { GIT_WORK_TREE: folder } }, signal);
    return exit.exitCode === 0 ? ok(undefined) : err(gitFailure("laying out a snapshot", exit));
  };
  await makeAgentGitDir(request, gitDir);
  const laidOut = await git("checkout-index", "--all", "--force", "--quiet");
  if (!laidOut.ok) return laidOut;
  await settleFiles(Buffer.from(folder), { owner, time: snapshotTime });
  // Our own check of ownership must not stop git here: the folder already is the agent's, but nothing has run in it yet.
  const refreshed = await git("update-index", "-q", "--really-refresh");
  if (!refreshed.ok) return refreshed;
  await settleFiles(Buffer.from(gitDir), { owner, time: null });
  await lutimes(folder, snapshotTime, snapshotTime);
  return ok(undefined);
}

async function makeAgentGitDir(request: CheckOutRequest, gitDir: string): Promise<void> {
  const hash = request.commit.length === 64 ? "sha256" : "sha1";
  await makeGitDir({ path: gitDir, hash, bare: false, head: `ref: ${snapshotBranch}`, alternates: [], config: agentConfig });
  await writeFile(join(gitDir, snapshotBranch), `${request.commit}\n`);
  await copyFile(join(request.gitDir, "index"), join(gitDir, "index"));
  const packs = join(request.gitDir, "objects/pack");
  const names = await readdir(packs);
  await Promise.all(names.map((name) => copyFile(join(packs, name), join(gitDir, "objects/pack", name))));
}
