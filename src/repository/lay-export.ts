import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import type { ExportedTree } from "../records/exported-tree.ts";
import { bytesOf, exportedPath, pathBytes } from "./path-bytes.ts";
import type { PathBytes } from "./path-bytes.ts";
import { readTar } from "./read-tar.ts";
import type { TarEntry } from "./read-tar.ts";
import { isIgnoreFile } from "./snapshot-listing.ts";
import type { ListedEntry } from "./snapshot-listing.ts";
import type { TreeChanges } from "./tree-changes.ts";

/** Where contents go that the snapshot does not have. */
export interface BlobSink {
  blob(size: number, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
}

export interface Laying {
  readonly tree: ExportedTree;
  readonly changes: TreeChanges;
  readonly sink: BlobSink;
  readonly hash: "sha1" | "sha256";
  /** Bytes of content that an export may hold by its headers; a sparse file of many terabytes costs an agent nothing. */
  readonly mostBytes: number;
}

/** The export says that it holds more than `mostBytes`. */
export class OversizedExport extends Error {}

/** Files up to this size are held whole, so that an unchanged one is never written. Bytes. */
const heldBytes = 4 * 1024 * 1024;
const largestIgnoreFile = 1024 * 1024;

/**
 * Lays an export over `changes`, contents into `sink`. Gives the bytes of the `.gitignore` files it met, ignored ones too, because such
 * a file counts in its folder whether or not it is taken. Paths that cannot be taken, and special files, are left out. Throws `BrokenTar`
 * and `OversizedExport`.
 */
export async function layExport(laying: Laying, signal: AbortSignal): Promise<ReadonlyMap<PathBytes, Buffer>> {
  const { tree, changes } = laying;
  const ignoreFiles = new Map<PathBytes, Buffer>();
  for (const deleted of tree.kind === "delta" ? tree.deleted : []) {
    const path = exportedPath(pathBytes(deleted));
    if (path !== null) changes.remove(path);
  }
  let bytes = 0;
  for await (const entry of readTar(tree.tar, signal)) {
    bytes += entry.size;
    if (bytes > laying.mostBytes) throw new OversizedExport();
    const path = exportedPath(entry.path);
    if (path !== null) await layEntry({ laying, entry, path, ignoreFiles });
  }
  if (tree.kind === "full") changes.dropUnseen();
  return ignoreFiles;
}

interface EntryLaying {
  readonly laying: Laying;
  readonly entry: TarEntry;
  readonly path: PathBytes;
  readonly ignoreFiles: Map<PathBytes, Buffer>;
}

async function layEntry({ laying, entry, path, ignoreFiles }: EntryLaying): Promise<void> {
  const { changes } = laying;
  ignoreFiles.delete(path);
  switch (entry.kind) {
    case "folder":
      return changes.putFolder(path);
    case "special":
      return changes.remove(path);
    case "hard-link":
      return layHardLink({ laying, entry, path, ignoreFiles });
    case "symbolic-link": {
      if (/(^|\/)\.gitmodules$/i.test(path)) return changes.remove(path);
      const bytes = bytesOf(entry.target);
      return changes.put(path, { mode: "120000", blob: await storeHeld(laying, path, [bytes]) });
    }
    case "file": {
      const mode = entry.executable ? "100755" : "100644";
      if (entry.size > heldBytes) return changes.put(path, { mode, blob: await storeStreamed(laying, entry) });
      const held: Uint8Array[] = [];
      for await (const chunk of entry.content) held.push(chunk);
      if (isIgnoreFile(path) && entry.size <= largestIgnoreFile) ignoreFiles.set(path, Buffer.concat(held));
      return changes.put(path, { mode, blob: await storeHeld(laying, path, held) });
    }
  }
}

/** A second name of a file that came before in the tar. */
function layHardLink({ laying, entry, path, ignoreFiles }: EntryLaying): void {
  const target = exportedPath(entry.target);
  const linked: ListedEntry | undefined = target === null ? undefined : laying.changes.at(target);
  if (target === null || linked === undefined) return laying.changes.remove(path);
  const rules = ignoreFiles.get(target);
  if (isIgnoreFile(path) && rules !== undefined) ignoreFiles.set(path, rules);
  laying.changes.put(path, linked);
}

async function storeHeld({ changes, sink, hash }: Laying, path: PathBytes, chunks: readonly Uint8Array[]): Promise<string> {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const hasher = blobHash(hash, size);
  for (const chunk of chunks) hasher.update(chunk);
  const blob = hasher.digest("hex");
  if (changes.snapshotBlob(path) !== blob) await sink.blob(size, chunks);
  return blob;
}

async function storeStreamed({ sink, hash }: Laying, entry: TarEntry): Promise<string> {
  const hasher = blobHash(hash, entry.size);
  await sink.blob(entry.size, hashed(entry.content, hasher));
  return hasher.digest("hex");
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hasher: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hasher.update(chunk);
    yield chunk;
  }
}

function blobHash(hash: "sha1" | "sha256", size: number): Hash {
  return createHash(hash).update(`blob ${size}\0`);
}
