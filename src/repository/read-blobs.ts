import type { Writable } from "node:stream";
import type { Repository } from "./open-repository.ts";
import { gitFailure, startGit } from "./run-git.ts";
import { writeChunk } from "./write-chunk.ts";

/** One blob, in the order asked. `bytes` null: the repository does not have it. */
export interface BlobRead {
  readonly blob: string;
  readonly bytes: Buffer | null;
}

const newline = 0x0a;

/**
 * Reads blobs (full object ids) through one git process, holding one at a time; ids may come before or while results are taken.
 * Leaving the loop ends git. Throws when git itself fails, and the signal's reason when cancelled.
 */
export async function* readBlobs(
  repository: Pick<Repository, "gitDir">,
  blobs: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): AsyncGenerator<BlobRead> {
  const git = startGit({ gitDir: repository.gitDir, args: ["cat-file", "--batch"] }, signal);
  const asked = askAll(git.stdin, blobs);
  // Awaited below; a reader that leaves early must not turn it into an unhandled rejection.
  asked.catch(() => git.kill());
  const reader = new ByteReader(git.output[Symbol.asyncIterator]());
  try {
    let answer = await nextAnswer(reader);
    for (; typeof answer === "object"; answer = await nextAnswer(reader)) yield answer;
    signal.throwIfAborted();
    await asked;
    const exit = await git.exit;
    if (exit.exitCode !== 0 || answer === "cut") throw new Error(gitFailure("reading files of a commit", exit).message);
  } finally {
    git.kill();
    await git.exit;
  }
}

/** `end`: git has no more to say; `cut`: it ended in the middle of a file. */
async function nextAnswer(reader: ByteReader): Promise<BlobRead | "end" | "cut"> {
  const header = await reader.line();
  if (header === null) return "end";
  const [blob = "", kind, size] = header.split(" ");
  if (kind === "missing") return { blob, bytes: null };
  const bytes = await reader.take(Number(size));
  const newlineAfter = await reader.take(1);
  return bytes === null || newlineAfter === null ? "cut" : { blob, bytes };
}

async function askAll(stdin: Writable, blobs: AsyncIterable<string> | Iterable<string>): Promise<void> {
  for await (const blob of blobs) {
    if (!/^[0-9a-f]{40,64}$/.test(blob)) throw new Error(`readBlobs: not an object id: ${blob}`);
    if (!(await writeChunk(stdin, `${blob}\n`))) return;
  }
  stdin.end();
}

/** Takes lines and counted bytes from chunks as they come. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks;
  }

  /** The next line without its end; null: no more. */
  async line(): Promise<string | null> {
    for (let end = this.#rest.indexOf(newline); ; end = this.#rest.indexOf(newline)) {
      if (end !== -1) return this.#cut(end + 1).toString("latin1", 0, end);
      const chunk = await this.#chunks.next();
      if (chunk.done === true) return null;
      this.#rest = Buffer.concat([this.#rest, chunk.value]);
    }
  }

  /** null: there is less. */
  async take(size: number): Promise<Buffer | null> {
    if (this.#rest.length >= size) return this.#cut(size);
    const parts = [this.#rest];
    let held = this.#rest.length;
    while (held < size) {
      const chunk = await this.#chunks.next();
      if (chunk.done === true) return null;
      parts.push(chunk.value);
      held += chunk.value.length;
    }
    this.#rest = Buffer.concat(parts, held);
    return this.#cut(size);
  }

  #cut(size: number): Buffer {
    const part = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return part;
  }
}
