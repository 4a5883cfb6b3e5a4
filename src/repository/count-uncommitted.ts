import { readdir, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { makeGitDir } from "./git-dir.ts";
import type { Repository } from "./open-repository.ts";
import { runGit, startGit } from "./run-git.ts";
import { makeScratch } from "./scratch.ts";
import { splitBytes } from "./split-bytes.ts";

/**
 * How many paths of the work tree differ from HEAD or are new (ignored ones left out), so that a user can be told what does not enter.
 * null: not known (no work tree, no commit at HEAD, or git could not say). Git is given a folder of ours in place of the
 * user's, so that none of its filters, monitors or drivers can run; the user's index is read, never refreshed.
 */
export async function countUncommitted(
  repository: Repository,
  options: { readonly scratch: string; readonly signal: AbortSignal },
): Promise<number | null> {
  if (repository.bare) return null;
  const { signal } = options;
  const head = await runGit({ gitDir: repository.gitDir, args: ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"] }, signal);
  if (head.exitCode !== 0) return null;
  await using scratch = await makeScratch(options.scratch);
  const gitDir = join(scratch.path, "git");
  await makeGitDir({ path: gitDir, hash: repository.hash, bare: false, head: head.stdout.toString("ascii").trim(), alternates: [] });
  await linkSharedIndexes(repository.gitDir, gitDir);
  const git = startGit(
    {
      gitDir,
      folder: repository.path,
      args: ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=dirty"],
      environment: {
        GIT_WORK_TREE: repository.path,
        GIT_INDEX_FILE: join(repository.gitDir, "index"),
        GIT_OBJECT_DIRECTORY: repository.objectsDir,
      },
      config: { ...(await fileSystemConfig(repository, signal)), "core.excludesFile": join(repository.commonDir, "info/exclude") },
    },
    signal,
  );
  git.stdin.end();
  let count = 0;
  for await (const _entry of splitBytes(git.output, 0)) count++;
  return (await git.exit).exitCode === 0 ? count : null;
}

/** A split index names its shared part relative to the git folder. */
async function linkSharedIndexes(from: string, to: string): Promise<void> {
  const shared = (await readdir(from)).filter((name) => name.startsWith("sharedindex."));
  await Promise.all(shared.map((name) => symlink(join(from, name), join(to, basename(name)))));
}

const fileSystemKeys = ["core.filemode", "core.symlinks", "core.ignorecase", "core.precomposeunicode"];

/** What the user's git found out about the file system; plain booleans, and without them every file could look changed. */
async function fileSystemConfig(repository: Repository, signal: AbortSignal): Promise<Record<string, string>> {
  const args = ["config", "--local", "-z", "--get-regexp", "^core\\.(filemode|symlinks|ignorecase|precomposeunicode)$"];
  const exit = await runGit({ gitDir: repository.gitDir, args }, signal);
  const pairs = exit.stdout.toString("utf8").split("\0");
  const known = pairs.map((pair) => pair.split("\n")).filter(([key = "", value]) => fileSystemKeys.includes(key) && isBoolean(value));
  return Object.fromEntries(known.map(([key = "", value = ""]) => [key, value]));
}

function isBoolean(value: string | undefined): value is string {
  return value !== undefined && /^(true|false|yes|no|on|off|0|1)$/i.test(value);
}
