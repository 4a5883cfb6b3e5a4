import { createHash } from "node:crypto";
import { join } from "node:path";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import { makeGitDir } from "./git-dir.ts";
import { ignoredPaths } from "./ignored-paths.ts";
import type { Repository } from "./open-repository.ts";
import { bytesOf, exportedPath } from "./path-bytes.ts";
import type { PathBytes } from "./path-bytes.ts";
import type { TarEntry } from "./read-tar.ts";
import { isIgnoreFile } from "./snapshot-listing.ts";
import type { ListedEntry } from "./snapshot-listing.ts";
import { snapshotBranch, TreeImport } from "./tree-import.ts";

/** Files from anywhere: an archive's or a folder's. */
export type SourceEntry = TarEntry;

/** `scratch`: an empty folder of ours; the repository is made in it and lives as long. `name`: of the repository. */
export interface ImportRequest {
  readonly entries: AsyncIterable<SourceEntry>;
  readonly scratch: string;
  readonly name: string;
}

/** A repository of one commit. `leftOut`: paths that ignore rules or the rule against `.env` files kept away. */
export interface ImportedRepository {
  readonly repository: Repository;
  readonly files: number;
  readonly leftOut: number;
}

/** Something in a source that is not taken; the message completes "SOURCE …". */
export class UnsafeSource extends Error {}

const largestIgnoreFile = 1024 * 1024;

/**
 * Makes a bare repository of files, with one commit whose id depends on them alone. No file of theirs is ever made on this machine. A
 * single folder around everything is taken off. Throws `UnsafeSource`, and what the entries throw.
 */
export async function importTree(
  { entries, scratch, name }: ImportRequest,
  signal: AbortSignal,
): Promise<Result<ImportedRepository, Failure>> {
  const gitDir = join(scratch, "git");
  await makeGitDir({ path: gitDir, hash: "sha1", bare: true, head: `ref: ${snapshotBranch}`, alternates: [] });
  await using tree = new TreeImport(gitDir, signal);
  const found = new FoundFiles();
  for await (const entry of entries) await found.take(entry, tree);
  const { files, ignoreFiles } = found.withoutTop();
  const paths = [...files.keys()];
  const ignoreFile = (folder: PathBytes): Buffer | undefined => ignoreFiles.get(folder === "" ? ".gitignore" : `${folder}/.gitignore`);
  const ignored = await ignoredPaths({ gitDir, folder: join(scratch, "rules"), paths, ignoreFile }, signal);
  if (!ignored.ok) return ignored;
  const taken = [...files].filter(([path]) => !ignored.value.has(path) && !isEnvironmentFile(path));
  const made = await tree.finish(null, taken);
  if (!made.ok) return err(made.error);
  const repository: Repository = {
    name,
    gitDir,
    commonDir: gitDir,
    objectsDir: join(gitDir, "objects"),
    path: gitDir,
    bare: true,
    within: "",
    hash: "sha1",
  };
  return ok({ repository, files: taken.length, leftOut: paths.length - taken.length });
}

/** `.env`, `.env.local` and the like hold keys; examples of them do not. */
function isEnvironmentFile(path: PathBytes): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return /^\.env(\.|$)/i.test(name) && !/\.(example|sample|template|dist|defaults)$/i.test(name);
}

/** What was read so far: contents are with git already, names are here. */
class FoundFiles {
  readonly #files = new Map<PathBytes, ListedEntry>();
  readonly #ignoreFiles = new Map<PathBytes, Buffer>();

  async take(entry: SourceEntry, tree: TreeImport): Promise<void> {
    const path = exportedPath(entry.path);
    if (path === null || path === "") return;
    if (entry.kind === "hard-link") this.#takeHardLink(path, entry);
    if (entry.kind === "symbolic-link") this.#put(path, "120000", await store(tree, [bytesOf(entry.target)], entry.target.length));
    if (entry.kind !== "file") return;
    const keeps = isIgnoreFile(path) && entry.size <= largestIgnoreFile;
    const held: Uint8Array[] = [];
    const content = keeps ? kept(entry.content, held) : entry.content;
    this.#put(path, entry.executable ? "100755" : "100644", await store(tree, content, entry.size));
    if (keeps) this.#ignoreFiles.set(path, Buffer.concat(held));
  }

  /** Everything below the one top folder, where there is just one and no file beside it. */
  withoutTop(): { readonly files: ReadonlyMap<PathBytes, ListedEntry>; readonly ignoreFiles: ReadonlyMap<PathBytes, Buffer> } {
    const tops = new Set([...this.#files.keys()].map((path) => path.slice(0, path.indexOf("/") + 1)));
    const [top = ""] = tops;
    if (tops.size !== 1 || top === "") return { files: this.#files, ignoreFiles: this.#ignoreFiles };
    const cut = <Value>(map: ReadonlyMap<PathBytes, Value>) => new Map([...map].map(([path, value]) => [path.slice(top.length), value]));
    return { files: cut(this.#files), ignoreFiles: cut(this.#ignoreFiles) };
  }

  #takeHardLink(path: PathBytes, entry: SourceEntry): void {
    const target = exportedPath(entry.target);
    const linked = target === null ? undefined : this.#files.get(target);
    if (linked === undefined) throw new UnsafeSource("holds a hard link to a file that is not in it");
    this.#files.set(path, linked);
  }

  #put(path: PathBytes, mode: string, blob: string): void {
    // Two names of one place on some file systems, and a way to a repository's settings in git.
    if (/(^|\/)\.gitmodules$/i.test(path) && mode === "120000") return;
    this.#files.set(path, { mode, blob });
  }
}

async function store(tree: TreeImport, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, size: number): Promise<string> {
  const hasher = createHash("sha1").update(`blob ${size}\0`);
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      hasher.update(chunk);
      yield chunk;
    }
  }
  await tree.blob(size, hashed());
  return hasher.digest("hex");
}

async function* kept(content: AsyncIterable<Uint8Array>, held: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    held.push(chunk);
    yield chunk;
  }
}
