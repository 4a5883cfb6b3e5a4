import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import type { Header } from "tar-stream";
import { pathBytes } from "./path-bytes.ts";
import type { PathBytes } from "./path-bytes.ts";

/** An entry of a tar; `path` and `target` as they stand in it, unchecked. `content` ends before the next entry is asked for. */
export interface TarEntry {
  readonly path: PathBytes;
  readonly kind: "file" | "folder" | "symbolic-link" | "hard-link" | "special";
  readonly executable: boolean;
  readonly target: PathBytes;
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** The tar broke off, is no tar, or was stopped. */
export class BrokenTar extends Error {}

/**
 * Reads a tar to its end as a stream; leaving the loop destroys it. Throws `BrokenTar`, also for a tar without its end mark: cut
 * between two entries it would else pass for a whole one, and what is missing for deleted.
 */
export async function* readTar(tar: Readable, signal: AbortSignal): AsyncGenerator<TarEntry> {
  const endMark = new EndMark();
  // The published types lack this option. Plain headers hold bytes.
  const parser = extract({ filenameEncoding: "latin1" } as object);
  // What goes wrong reaches whoever iterates the parser, so nothing is added here.
  pipeline(endMark.watch(tar), parser as unknown as Writable, { signal }).catch(() => {});
  try {
    for await (const entry of translated(parser)) {
      yield { ...described(entry.header), content: translated(entry as AsyncIterable<Uint8Array>) };
      entry.resume();
    }
    if (!endMark.seen) throw new BrokenTar("it breaks off");
  } finally {
    parser.destroy();
    tar.destroy();
  }
}

/** Two blocks of zeros end a tar. */
class EndMark {
  #zeros = 0;

  get seen(): boolean {
    return this.#zeros >= 1024;
  }

  async *watch(tar: Readable): AsyncGenerator<Uint8Array> {
    for await (const chunk of tar as AsyncIterable<Uint8Array>) {
      const last = chunk.findLastIndex((byte) => byte !== 0);
      this.#zeros = last === -1 ? this.#zeros + chunk.length : chunk.length - 1 - last;
      yield chunk;
    }
  }
}

async function* translated<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* source;
  } catch (error) {
    throw new BrokenTar(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const kinds: Readonly<Record<string, TarEntry["kind"]>> = {
  file: "file",
  "contiguous-file": "file",
  directory: "folder",
  symlink: "symbolic-link",
  link: "hard-link",
};

/** Names in pax headers are UTF-8 by their standard, and already decoded. */
function described(header: Header): Omit<TarEntry, "content"> {
  const pax = (header.pax ?? {}) as Readonly<Record<string, string>>;
  const target = header.linkname ?? "";
  return {
    path: pax["path"] === undefined ? header.name : pathBytes(header.name),
    kind: kinds[header.type] ?? "special",
    executable: (header.mode & 0o100) !== 0,
    target: pax["linkpath"] === undefined ? target : pathBytes(target),
    size: header.size,
  };
}
