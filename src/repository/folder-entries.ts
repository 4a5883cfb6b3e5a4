import { createReadStream } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import type { Stats } from "node:fs";
import { join } from "node:path";
import { gitFailure, startGit } from "./run-git.ts";
import { makeGitDir } from "./git-dir.ts";
import { UnsafeSource } from "./import-tree.ts";
import type { SourceEntry } from "./import-tree.ts";
import { bytesOf } from "./path-bytes.ts";
import { snapshotBranch } from "./tree-import.ts";
import { splitBytes } from "./split-bytes.ts";
import type { ArchiveLimits } from "./archive-entries.ts";

/** `scratch`: a folder of ours, for the git folder that the walk is made with. */
export interface FolderReading {
  readonly folder: string;
  readonly scratch: string;
  readonly limits: ArchiveLimits;
}

/**
 * The files of a folder that is under no git, without those its own ignore rules name, in git's order. Links are entries, never followed;
 * special files and repositories inside it are passed over. Throws `UnsafeSource` beyond the limits, and for a file that changes meanwhile.
 */
export async function* folderEntries({ folder, scratch, limits }: FolderReading, signal: AbortSignal): AsyncGenerator<SourceEntry> {
  const gitDir = join(scratch, "walk");
  await makeGitDir({ path: gitDir, hash: "sha1", bare: false, head: `ref: ${snapshotBranch}`, alternates: [] });
  const args = ["ls-files", "--others", "--exclude-per-directory=.gitignore", "-z"];
  const git = startGit({ gitDir, folder, args, environment: { GIT_WORK_TREE: folder } }, signal);
  git.stdin.end();
  let bytes = 0;
  let count = 0;
  try {
    for await (const name of splitBytes(git.output, 0)) {
      const entry = await entryAt(folder, name.toString("latin1"));
      if (entry === null) continue;
      bytes += entry.size;
      count++;
      if (count > limits.mostEntries) throw new UnsafeSource(`holds more than ${limits.mostEntries} files: give the folder of one project`);
      if (bytes > limits.mostBytes)
        throw new UnsafeSource(`holds more than ${limits.mostBytes / 1024 ** 3} GiB: give the folder of one project`);
      yield entry;
    }
    const exit = await git.exit;
    if (exit.exitCode !== 0) throw new UnsafeSource(`cannot be read: ${gitFailure("listing its files", exit).message}`);
  } finally {
    git.kill();
    await git.exit;
  }
}

async function entryAt(folder: string, path: string): Promise<SourceEntry | null> {
  const place = Buffer.concat([Buffer.from(`${folder}/`), bytesOf(path)]);
  const found = await lstat(place).catch(() => null);
  if (found === null || !(found.isFile() || found.isSymbolicLink())) return null;
  const base = { path, executable: (found.mode & 0o100) !== 0, target: "", size: found.size };
  if (found.isFile()) return { ...base, kind: "file", content: contentOf(place, found) };
  return { ...base, kind: "symbolic-link", target: (await readlink(place, { encoding: "buffer" })).toString("latin1"), content: nothing() };
}

/** Exactly as many bytes as were announced. */
async function* contentOf(place: Buffer, { size }: Stats): AsyncGenerator<Uint8Array> {
  let left = size;
  if (size === 0) return;
  const file = createReadStream(place, { end: size - 1 });
  try {
    for await (const chunk of file as AsyncIterable<Uint8Array>) {
      left -= chunk.length;
      yield chunk;
    }
  } catch {
    throw new UnsafeSource(`holds ${JSON.stringify(place.toString("utf8"))}, which cannot be read`);
  }
  if (left > 0) throw new UnsafeSource(`holds ${JSON.stringify(place.toString("utf8"))}, which became shorter while it was read`);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
