import { openPromise, type Entry, type ZipFile } from "yauzl";
import { UnsafeSource } from "./import-tree.ts";
import type { SourceEntry } from "./import-tree.ts";
import { pathBytes } from "./path-bytes.ts";

const kindMask = 0o170000;
const linkKind = 0o120000;
const folderKind = 0o040000;
const fileKind = 0o100000;
const longestTarget = 4096;

/** The entries of a zip file, in its own order; its content is checked against the sizes it names. */
export async function* zipEntries(path: string): AsyncGenerator<SourceEntry> {
  const zip = await openPromise(path, { lazyEntries: true, strictFileNames: true });
  for await (const entry of zip.eachEntry()) yield await described(zip, entry);
}

async function described(zip: ZipFile, entry: Entry): Promise<SourceEntry> {
  if (entry.isEncrypted()) throw new UnsafeSource("is encrypted: unpack it, and give the folder");
  const mode = entry.externalFileAttributes >>> 16;
  const kind = kindOf(mode, entry.fileName);
  const content = contentOf(zip, entry);
  const target = kind === "symbolic-link" ? await linkTarget(content, entry.uncompressedSize) : "";
  return { path: pathBytes(entry.fileName), kind, executable: (mode & 0o100) !== 0, target, size: entry.uncompressedSize, content };
}

/** A zip made on a system without such modes has none. */
function kindOf(mode: number, name: string): SourceEntry["kind"] {
  if (name.endsWith("/") || (mode & kindMask) === folderKind) return "folder";
  if ((mode & kindMask) === linkKind) return "symbolic-link";
  return [0, fileKind].includes(mode & kindMask) ? "file" : "special";
}

async function* contentOf(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry);
  yield* stream as AsyncIterable<Uint8Array>;
}

async function linkTarget(content: AsyncIterable<Uint8Array>, size: number): Promise<string> {
  if (size > longestTarget) throw new UnsafeSource("holds a link whose target is no path");
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}
