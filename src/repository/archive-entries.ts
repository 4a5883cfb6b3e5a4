import { posix } from "node:path";
import { Readable } from "node:stream";
import { decompressed, type ArchiveKind } from "./decompress.ts";
import { UnsafeSource } from "./import-tree.ts";
import type { SourceEntry } from "./import-tree.ts";
import { BrokenTar, readTar } from "./read-tar.ts";
import { zipEntries } from "./zip-entries.ts";

/** What an archive may unpack to: a few times the largest repositories that are trained on. */
export interface ArchiveLimits {
  readonly mostBytes: number;
  readonly mostEntries: number;
}

export const archiveLimits: ArchiveLimits = { mostBytes: 8 * 1024 ** 3, mostEntries: 500_000 };

/** A tar pads and describes its entries; nothing but a bomb has more of that than this part of what it may unpack to. */
const framingShare = 1 / 8;

export interface ArchiveReading {
  readonly path: string;
  readonly kind: ArchiveKind;
  readonly limits: ArchiveLimits;
}

/**
 * The entries of an archive, one after the other, never laid on a disk. Throws `UnsafeSource` for a path or a link that leaves the root,
 * and for more than the limits allow, before more than that is read; else what its reader throws.
 */
export async function* archiveEntries({ path, kind, limits }: ArchiveReading, signal: AbortSignal): AsyncGenerator<SourceEntry> {
  let bytes = 0;
  let count = 0;
  for await (const entry of kind === "zip" ? zipEntries(path) : tarEntries({ path, kind, limits }, signal)) {
    signal.throwIfAborted();
    bytes += entry.size;
    count++;
    if (bytes > limits.mostBytes) throw new UnsafeSource(`would unpack to more than ${limits.mostBytes / 1024 ** 3} GiB`);
    if (count > limits.mostEntries) throw new UnsafeSource(`holds more than ${limits.mostEntries} entries`);
    refuseEscape(entry);
    yield entry;
  }
}

interface TarReading extends ArchiveReading {
  readonly kind: Exclude<ArchiveKind, "zip">;
}

async function* tarEntries(reading: TarReading, signal: AbortSignal): AsyncGenerator<SourceEntry> {
  try {
    yield* readTar(Readable.from(bounded(reading, signal)), signal);
  } catch (error) {
    // What stopped the reading below it says more.
    throw error instanceof BrokenTar && error.cause instanceof UnsafeSource ? error.cause : error;
  }
}

async function* bounded({ path, kind, limits }: TarReading, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of decompressed(path, kind, signal)) {
    bytes += chunk.length;
    if (bytes > limits.mostBytes * (1 + framingShare))
      throw new UnsafeSource(`would unpack to more than ${limits.mostBytes / 1024 ** 3} GiB`);
    yield chunk;
  }
}

function refuseEscape({ path, kind, target }: SourceEntry): void {
  if (path.startsWith("/") || path.split("/").includes(".."))
    throw new UnsafeSource(`holds the path ${shown(path)}, which leaves its root`);
  if (kind !== "symbolic-link") return;
  const reached = posix.normalize(posix.join(posix.dirname(path), target));
  if (target.startsWith("/") || reached === ".." || reached.startsWith("../")) {
    throw new UnsafeSource(`holds the link ${shown(path)} to ${shown(target)}, which leaves its root`);
  }
}

function shown(path: string): string {
  return JSON.stringify(Buffer.from(path, "latin1").toString("utf8"));
}
