import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";
import { archiveEntries, archiveLimits, type ArchiveLimits } from "./archive-entries.ts";
import { ArchivedGit } from "./archived-git.ts";
import { cloneRepository } from "./clone-repository.ts";
import { archiveKind } from "./decompress.ts";
import { folderEntries } from "./folder-entries.ts";
import { importTree, UnsafeSource } from "./import-tree.ts";
import type { ImportedRepository, SourceEntry } from "./import-tree.ts";
import { openRepository } from "./open-repository.ts";
import type { Repository } from "./open-repository.ts";
import { BrokenTar } from "./read-tar.ts";
import { repositoryLocation } from "./repository-location.ts";

/** `scratch`: an empty folder of ours, which must stay as long as the repository is used. */
export interface Reach {
  readonly scratch: string;
  readonly limits?: ArchiveLimits;
}

/** A repository that can be read, wherever it came from. `leftOut`: paths of an archive or folder that are not taken. */
export interface ReachedRepository {
  readonly repository: Repository;
  readonly origin: "git" | "clone" | "archive" | "folder";
  readonly leftOut: number;
}

/**
 * Reaches what a user names as a repository: one on this machine, an address git fetches from, a tar or zip (with its `.git` or without), or a
 * folder under no git, whose files become one commit. Codes beside those of `openRepository`: `bad-address`, `clone-failed`, `archive-unusable`,
 * `folder-unusable`.
 */
export async function reachRepository(
  text: string,
  { scratch, limits = archiveLimits }: Reach,
  signal: AbortSignal,
): Promise<Result<ReachedRepository, Failure>> {
  const location = repositoryLocation(text);
  if (!location.ok) return refuse("bad-address", `${text}: ${location.error}`);
  if (location.value.kind === "address") {
    const cloned = await cloneRepository({ ...location.value, folder: join(scratch, "clone") }, signal);
    return cloned.ok ? ok({ repository: cloned.value, origin: "clone", leftOut: 0 }) : cloned;
  }
  const path = resolve(location.value.path);
  const kind = await kindOf(path);
  if (kind === "file") return await reachArchive({ path, text, scratch, limits }, signal);
  const opened = await openRepository(location.value.path, signal);
  if (opened.ok) return ok({ repository: opened.value, origin: "git", leftOut: 0 });
  if (opened.error.code !== "not-a-repository" || kind !== "folder") return opened;
  const entries = folderEntries({ folder: path, scratch, limits }, signal);
  return await imported({ entries, origin: "folder", scratch, text, name: basename(path) || "repository" }, signal);
}

async function kindOf(path: string): Promise<"file" | "folder" | "other"> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() === true ? "file" : found?.isDirectory() === true ? "folder" : "other";
}

interface ArchiveReach extends Required<Reach> {
  readonly path: string;
  readonly text: string;
}

async function reachArchive(
  { path, text, scratch, limits }: ArchiveReach,
  signal: AbortSignal,
): Promise<Result<ReachedRepository, Failure>> {
  const kind = await archiveKind(path).catch(() => null);
  if (kind === null) {
    return refuse(
      "archive-unusable",
      `${text} is a file but no archive that is read here: give a folder, a git repository, a tar (plain, gz, zst, xz, bz2) or a zip`,
    );
  }
  const git = new ArchivedGit(join(scratch, "archived"));
  const entries = withoutGit(archiveEntries({ path, kind, limits }, signal), git);
  const name = basename(path).replace(/\.(tar(\.\w+)?|tgz|tbz2?|txz|tzst|zip)$/i, "") || "repository";
  const taken = await imported({ entries, origin: "archive", scratch, text, name }, signal);
  if (!taken.ok || !git.isWhole) return taken;
  await git.finish();
  const opened = await openRepository(git.gitDir, signal);
  if (!opened.ok) return refuse("archive-unusable", `${text} holds a git folder that cannot be opened: ${opened.error.message}`);
  return ok({ repository: { ...opened.value, name }, origin: "archive", leftOut: 0 });
}

/** The git folder at the archive's top, or in its one top folder, goes to `git`. */
async function* withoutGit(entries: AsyncIterable<SourceEntry>, git: ArchivedGit): AsyncGenerator<SourceEntry> {
  for await (const entry of entries) {
    const inside = /^(?:\.\/)*(?:[^/]+\/)?\.git\/(.+)$/.exec(entry.path)?.[1];
    if (inside === undefined || !(await git.take(inside, entry))) yield entry;
  }
}

interface Import {
  readonly entries: AsyncIterable<SourceEntry>;
  readonly origin: "archive" | "folder";
  readonly scratch: string;
  readonly text: string;
  readonly name: string;
}

async function imported(
  { entries, origin, scratch, text, name }: Import,
  signal: AbortSignal,
): Promise<Result<ReachedRepository, Failure>> {
  const code = `${origin}-unusable`;
  let taken: Result<ImportedRepository, Failure>;
  try {
    taken = await importTree({ entries, scratch, name }, signal);
  } catch (error) {
    if (signal.aborted)
      return err(failure({ boundary: "repository", code: "cancelled", message: "stopped while reading the files", retryable: true }));
    if (error instanceof UnsafeSource) return refuse(code, `${text} ${error.message}`);
    if (error instanceof BrokenTar || (origin === "archive" && error instanceof Error))
      return refuse(code, `${text} is damaged: ${error.message}`);
    throw error;
  }
  if (!taken.ok) return taken;
  const { repository, files, leftOut } = taken.value;
  return files === 0
    ? refuse("no-commits", `${text} is no git repository and holds no files: give a repository, or a folder or an archive with files`)
    : ok({ repository, origin, leftOut });
}

function refuse(code: string, message: string): Result<never, Failure> {
  return err(failure({ boundary: "repository", code, message }));
}
