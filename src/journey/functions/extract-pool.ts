import PQueue from "p-queue";
import { deadline } from "../../base/deadline.ts";
import type { FileFunctions, SourceFile } from "./extract-file.ts";
import { ExtractThread, type ExtractRequest } from "./extract-thread.ts";

export interface ExtractPoolOptions {
  readonly threads: number;
  /** How long a batch may take before its files are tried one by one, and one file before it is given up. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * Threads that parse, started as they are needed. A file that kills its thread or never comes back is "failed", alone: the parser
 * needs quadratic time or overflows its stack on some texts (a megabyte of "{"), and cannot be used after that.
 */
export class ExtractPool implements AsyncDisposable {
  readonly #queue: PQueue;
  readonly #idle: ExtractThread[] = [];
  readonly #options: ExtractPoolOptions;

  constructor(options: ExtractPoolOptions) {
    this.#options = options;
    this.#queue = new PQueue({ concurrency: options.threads });
  }

  /** Rejects with the signal's reason, or with a bug. */
  extract(files: readonly SourceFile[], all: boolean): Promise<readonly FileFunctions[]> {
    return this.#queue.add(() => this.#extract({ files, all }));
  }

  /** Call it when nothing is awaited any more: what still runs ends with its thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue.clear();
    await this.#queue.onIdle();
    await Promise.all(this.#idle.splice(0).map((thread) => thread[Symbol.asyncDispose]()));
  }

  async #extract(request: ExtractRequest): Promise<readonly FileFunctions[]> {
    const results = await this.#attempt(request);
    if (results !== undefined) return results;
    const [only] = request.files;
    if (only !== undefined && request.files.length === 1) return [failed(only.path)];
    const one = [];
    for (const file of request.files) one.push(...(await this.#extract({ files: [file], all: request.all })));
    return one;
  }

  /** The results, or undefined when the thread did not survive the batch. */
  async #attempt(request: ExtractRequest): Promise<readonly FileFunctions[] | undefined> {
    const { signal, deadlineMs } = this.#options;
    signal.throwIfAborted();
    const thread = this.#idle.pop() ?? new ExtractThread();
    try {
      const results = await thread.extract(request, deadline(signal, deadlineMs));
      this.#idle.push(thread);
      return results;
    } catch (error) {
      await thread[Symbol.asyncDispose]();
      signal.throwIfAborted();
      if (isFaultOfText(error)) return undefined;
      throw error;
    }
  }
}

/** Wasm that trapped, a heap that was too small, a deadline: everything else is a bug of ours. */
function isFaultOfText(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "RuntimeError" || error.name === "TimeoutError" || ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY");
}

function failed(path: string): FileFunctions {
  return { path, sites: [], skipped: "failed", syntaxErrors: false, leftOut: {} };
}
