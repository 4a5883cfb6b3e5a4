import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import type { PathBytes } from "./path-bytes.ts";
import { readBlobs } from "./read-blobs.ts";
import { gitFailure, runGit } from "./run-git.ts";

/** What a tree has at a path. */
export interface ListedEntry {
  readonly mode: string;
  readonly blob: string;
}

/** All of a snapshot's paths, and the bytes of its `.gitignore` files. */
export class SnapshotListing {
  readonly tree: string;
  readonly entries: ReadonlyMap<PathBytes, ListedEntry>;
  readonly ignoreFiles: ReadonlyMap<PathBytes, Buffer>;
  readonly #sorted: readonly PathBytes[];

  constructor(tree: string, entries: ReadonlyMap<PathBytes, ListedEntry>, ignoreFiles: ReadonlyMap<PathBytes, Buffer>) {
    this.tree = tree;
    this.entries = entries;
    this.ignoreFiles = ignoreFiles;
    this.#sorted = [...entries.keys()].sort();
  }

  /** Every path beneath a folder; "" is the whole tree. */
  beneath(folder: PathBytes): readonly PathBytes[] {
    if (folder === "") return this.#sorted;
    // "0" is the byte after "/".
    return this.#sorted.slice(this.#firstFrom(`${folder}/`), this.#firstFrom(`${folder}0`));
  }

  #firstFrom(path: PathBytes): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? "") < path) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Hundreds of rollouts start from one snapshot, and a commit id is its content; so the last few listings are kept. */
const kept = new Map<string, SnapshotListing>();
const mostKept = 4;

export async function snapshotListing(gitDir: string, commit: string, signal: AbortSignal): Promise<Result<SnapshotListing, Failure>> {
  const known = kept.get(commit);
  if (known !== undefined) return ok(known);
  const entries = await listEntries(gitDir, commit, signal);
  if (!entries.ok) return entries;
  const tree = await runGit({ gitDir, args: ["rev-parse", "--verify", `${commit}^{tree}`] }, signal);
  if (tree.exitCode !== 0) return err(gitFailure("listing a snapshot", tree));
  const listing = new SnapshotListing(
    tree.stdout.toString("ascii").trim(),
    entries.value,
    await readIgnoreFiles(gitDir, entries.value, signal),
  );
  for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size + 1 - mostKept))) kept.delete(oldest);
  kept.set(commit, listing);
  return ok(listing);
}

/** Every path of a commit's tree, by its bytes, in git's order. */
export async function listEntries(
  gitDir: string,
  commit: string,
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<PathBytes, ListedEntry>, Failure>> {
  const args = ["ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit];
  const exit = await runGit({ gitDir, args }, signal);
  if (exit.exitCode !== 0) return err(gitFailure("listing the files of a commit", exit));
  return ok(new Map(exit.stdout.toString("latin1").split("\0").slice(0, -1).map(entryOf)));
}

/** `<mode> <type> <object>\t<path>` */
function entryOf(line: string): [PathBytes, ListedEntry] {
  const tab = line.indexOf("\t");
  const [mode = "", , blob = ""] = line.slice(0, tab).split(" ");
  return [line.slice(tab + 1), { mode, blob }];
}

async function readIgnoreFiles(gitDir: string, entries: ReadonlyMap<PathBytes, ListedEntry>, signal: AbortSignal) {
  const wanted = [...entries].filter(([path, entry]) => isIgnoreFile(path) && entry.mode.startsWith("100"));
  const contents = new Map<PathBytes, Buffer>();
  if (wanted.length === 0) return contents;
  const paths = wanted.map(([path]) => path).values();
  for await (const { bytes } of readBlobs(
    { gitDir },
    wanted.map(([, entry]) => entry.blob),
    signal,
  )) {
    const path = paths.next().value;
    if (path !== undefined && bytes !== null) contents.set(path, bytes);
  }
  return contents;
}

export function isIgnoreFile(path: PathBytes): boolean {
  return path === ".gitignore" || path.endsWith("/.gitignore");
}
