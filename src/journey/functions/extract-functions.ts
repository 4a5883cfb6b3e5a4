import { availableParallelism } from "node:os";
import { MAX_SOURCE_BYTES, type FileFunctions, type SourceFile } from "./extract-file.ts";
import { ExtractPool } from "./extract-pool.ts";

export interface ExtractOptions {
  /** Nothing left out by default rules. */
  readonly all: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Default: two, because of the memory each takes. Changes no result. */
  readonly threads?: number | undefined;
  /** For one file that the parser cannot cope with; default 20,000. */
  readonly deadlineMs?: number | undefined;
}

/** Large enough that messages to a thread cost little, small enough that a few in flight stay far below the memory cap. */
const BATCH_BYTES = 128 * 1024;
const BATCHES_PER_THREAD = 2;
const DEADLINE_MS = 20_000;

/**
 * Source files in, their functions out, one result a file, in the order of the files, parsed in threads. Never throws for what a
 * file holds; throws the signal's reason when it aborts. Every path must have a language of the table.
 */
export async function* extractFunctions(files: AsyncIterable<SourceFile>, options: ExtractOptions): AsyncGenerator<FileFunctions> {
  const { all, threads = Math.min(2, availableParallelism()), deadlineMs = DEADLINE_MS } = options;
  const left = new AbortController();
  const signal = options.signal === undefined ? left.signal : AbortSignal.any([options.signal, left.signal]);
  await using pool = new ExtractPool({ threads, deadlineMs, signal });
  using _leaving = { [Symbol.dispose]: () => left.abort() };
  const pending: Promise<readonly FileFunctions[]>[] = [];
  for await (const batch of inBatches(files)) {
    signal.throwIfAborted();
    const result = pool.extract(batch, all);
    result.catch(() => {}); // awaited below, unless the consumer leaves first
    pending.push(result);
    if (pending.length >= threads * BATCHES_PER_THREAD) yield* (await pending.shift()) ?? [];
  }
  for (const result of pending) yield* await result;
}

async function* inBatches(files: AsyncIterable<SourceFile>): AsyncGenerator<SourceFile[]> {
  let batch: SourceFile[] = [];
  let bytes = 0;
  for await (const file of files) {
    batch.push(file);
    bytes += Math.min(file.bytes.length, MAX_SOURCE_BYTES);
    if (bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
