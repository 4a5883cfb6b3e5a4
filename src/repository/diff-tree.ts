import { join } from "node:path";
import { PassThrough, pipeline } from "node:stream";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { ExportEnded, type ExportedTree } from "../records/exported-tree.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";
import type { PatchSize } from "../records/rollout.ts";
import { makeGitDir } from "./git-dir.ts";
import { ignoredPaths } from "./ignored-paths.ts";
import { layExport, OversizedExport } from "./lay-export.ts";
import type { BlobSink } from "./lay-export.ts";
import type { PathBytes } from "./path-bytes.ts";
import { BrokenTar } from "./read-tar.ts";
import { gitFailure, startGit } from "./run-git.ts";
import { makeScratch } from "./scratch.ts";
import { snapshotListing } from "./snapshot-listing.ts";
import type { SnapshotListing } from "./snapshot-listing.ts";
import { TreeChanges } from "./tree-changes.ts";
import { TreeImport } from "./tree-import.ts";

/**
 * `gitDir`: the bare snapshot; `commit`: its commit; `scratch`: a folder for what is thrown away at the end. `mostBytes`: content that
 * the export may hold, left out: 4 GiB; `mostPatchBytes`: of the patch, left out: 64 MiB.
 */
export interface DiffRequest {
  readonly gitDir: string;
  readonly commit: string;
  readonly tree: ExportedTree;
  readonly scratch: string;
  readonly mostBytes?: number;
  readonly mostPatchBytes?: number;
}

const usualMostBytes = 4 * 1024 ** 3;
/** Far more than a sample can hold, and what a process with many rollouts can hold in memory. */
const usualMostPatchBytes = 64 * 1024 ** 2;

/** `patch`: git's binary-safe text from the snapshot to `finalTree`; of no bytes when nothing changed. */
export interface TreeDiff {
  readonly patch: Uint8Array;
  readonly finalTree: string;
  readonly size: PatchSize;
}

/**
 * Turns what a workspace became into a patch. Final tree: the snapshot's own paths unless deleted, and new files that the final
 * tree's `.gitignore` files let through. Nothing of the export is ever a file of this host except the `.gitignore` files, and
 * `gitDir` is only read. Failure codes: `broken-export` (retryable), `change-too-large` (of the agent), `cancelled`,
 * `git-failed`.
 */
export async function diffTree(request: DiffRequest, signal: AbortSignal): Promise<Result<TreeDiff, Failure>> {
  // Taken hold of before the first wait: Node throws away what a child process left unread when it ends.
  const tar = pipeline(request.tree.tar, new PassThrough(), () => {});
  try {
    return await diffInScratch({ ...request, tree: { ...request.tree, tar } }, signal);
  } catch (error) {
    if (error instanceof OversizedExport) return err(tooLarge(request.mostBytes ?? usualMostBytes, "its files hold"));
    if (!(error instanceof BrokenTar)) throw error;
    return err(brokenExport(error, signal));
  } finally {
    tar.destroy();
  }
}

async function diffInScratch(request: DiffRequest, signal: AbortSignal): Promise<Result<TreeDiff, Failure>> {
  const listing = await snapshotListing(request.gitDir, request.commit, signal);
  if (!listing.ok) return listing;
  await using scratch = await makeScratch(request.scratch);
  const place = await makePlace(request, scratch.path);
  await using builder = new LazyImport(place.gitDir, signal);
  const changes = new TreeChanges(listing.value);
  const { tree, mostBytes = usualMostBytes, mostPatchBytes = usualMostPatchBytes } = request;
  const ignoreFiles = await layExport({ tree, changes, sink: builder, hash: place.hash, mostBytes }, signal);

  const ignored = await ignoredAmong(changes, { ...place, listing: listing.value, ignoreFiles }, signal);
  if (!ignored.ok) return ignored;
  for (const path of ignored.value) changes.forget(path);
  const changed = changes.all();
  if (changed.length === 0) return ok(unchanged(listing.value.tree));
  const built = await builder.get().finish(request.commit, changed);
  if (!built.ok) return built;
  return await patchBetween({ gitDir: place.gitDir, commit: request.commit, finalTree: built.value.tree, mostPatchBytes }, signal);
}

interface Place {
  readonly gitDir: string;
  readonly ignoreFolder: string;
  readonly hash: "sha1" | "sha256";
}

async function makePlace(request: DiffRequest, scratch: string): Promise<Place> {
  const gitDir = join(scratch, "git");
  const hash = request.commit.length === 64 ? "sha256" : "sha1";
  await makeGitDir({ path: gitDir, hash, bare: true, head: request.commit, alternates: [join(request.gitDir, "objects")] });
  return { gitDir, ignoreFolder: join(scratch, "ignore"), hash };
}

interface Rules extends Place {
  readonly listing: SnapshotListing;
  readonly ignoreFiles: ReadonlyMap<PathBytes, Buffer>;
}

function ignoredAmong(changes: TreeChanges, rules: Rules, signal: AbortSignal): Promise<Result<ReadonlySet<PathBytes>, Failure>> {
  const ignoreFile = (folder: PathBytes): Buffer | undefined => {
    const path = folder === "" ? ".gitignore" : `${folder}/.gitignore`;
    // A link of that name has no say, as in git itself.
    if (changes.at(path)?.mode.startsWith("100") !== true) return undefined;
    return rules.ignoreFiles.get(path) ?? rules.listing.ignoreFiles.get(path);
  };
  return ignoredPaths({ gitDir: rules.gitDir, folder: rules.ignoreFolder, paths: changes.created(), ignoreFile }, signal);
}

/** Starts git at the first content, so that it builds while the tar is read, and an unchanged tree needs none. */
class LazyImport implements BlobSink, AsyncDisposable {
  readonly #gitDir: string;
  readonly #signal: AbortSignal;
  #import: TreeImport | null = null;

  constructor(gitDir: string, signal: AbortSignal) {
    this.#gitDir = gitDir;
    this.#signal = signal;
  }

  get(): TreeImport {
    this.#import ??= new TreeImport(this.#gitDir, this.#signal);
    return this.#import;
  }

  blob(size: number, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    return this.get().blob(size, chunks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#import?.[Symbol.asyncDispose]();
  }
}

/** Everything that could make the text differ from host to host is said. */
const diffArguments = [
  "-r",
  "--patch",
  "--numstat",
  "--binary",
  "--full-index",
  "--no-renames",
  "--no-ext-diff",
  "--no-textconv",
  "--no-color",
  "--no-relative",
  "--diff-algorithm=myers",
  "--indent-heuristic",
  "--unified=3",
  "--inter-hunk-context=0",
  "--src-prefix=a/",
  "--dst-prefix=b/",
  "--submodule=short",
  "--ignore-submodules=none",
];

interface TwoTrees {
  readonly gitDir: string;
  readonly commit: string;
  readonly finalTree: string;
  readonly mostPatchBytes: number;
}

async function patchBetween(
  { gitDir, commit, finalTree, mostPatchBytes }: TwoTrees,
  signal: AbortSignal,
): Promise<Result<TreeDiff, Failure>> {
  const args = ["diff-tree", ...diffArguments, "--end-of-options", `${commit}^{tree}`, finalTree];
  const git = startGit({ gitDir, args }, signal);
  git.stdin.end();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of git.output) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostPatchBytes) git.kill();
  }
  const exit = await git.exit;
  if (bytes > mostPatchBytes) return err(tooLarge(mostPatchBytes, "its patch holds"));
  if (exit.exitCode !== 0) return err(gitFailure("making a patch", exit));
  const text = Buffer.concat(chunks);
  // Counts come first, and no name in them holds a newline, because git quotes such names.
  const end = text.indexOf("\n\n");
  if (end === -1) return ok(unchanged(finalTree));
  return ok({ patch: text.subarray(end + 2), finalTree, size: sizeOf(text.toString("latin1", 0, end)) });
}

function tooLarge(mostBytes: number, what: string): Failure {
  const message = `the agent's change is too large to be taken: ${what} more than ${mostBytes / 1024 ** 2} MiB`;
  return failure({ boundary: "agent", code: "change-too-large", message });
}

function unchanged(finalTree: string): TreeDiff {
  return { patch: new Uint8Array(), finalTree, size: { files: 0, added: 0, removed: 0 } };
}

/** `<added>\t<removed>\t<path>` a line; both `-` for a binary file. */
function sizeOf(counts: string): PatchSize {
  const rows = counts.split("\n").map((line) =>
    line
      .split("\t")
      .slice(0, 2)
      .map((count) => Number.parseInt(count, 10) || 0),
  );
  const sum = (column: number) => rows.reduce((total, row) => total + (row[column] ?? 0), 0);
  return { files: rows.length, added: sum(0), removed: sum(1) };
}

function brokenExport(error: BrokenTar, signal: AbortSignal): Failure {
  if (signal.aborted) {
    return failure({ boundary: "repository", code: "cancelled", message: "stopped while reading a workspace", retryable: true });
  }
  if (error.cause instanceof ExportEnded) return error.cause.failure;
  const message = `the workspace's export could not be read to its end (${error.message})`;
  return failure({ boundary: "sandbox", code: "broken-export", message, retryable: true });
}
