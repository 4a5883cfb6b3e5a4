import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { FileFunctions, SourceFile } from "./extract-file.ts";

export interface ExtractRequest {
  readonly files: readonly SourceFile[];
  readonly all: boolean;
}

/** Node runs the sources from `.ts` and the package from `.js`. */
const workerFile = new URL(`./extract-worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

/** A small young generation costs little time here and saves 20 MB; 1 MiB of tiny functions needs some 300 MB. */
const HEAP = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 1024 };

/** One parsing thread, one batch at a time. After a rejected batch its parser cannot be trusted: stop it. */
export class ExtractThread implements AsyncDisposable {
  readonly #worker = new Worker(workerFile, { resourceLimits: HEAP });

  /** Rejects when the parser or the thread dies, or when the signal aborts (with its reason); the files stay the caller's. */
  async extract(request: ExtractRequest, signal: AbortSignal): Promise<readonly FileFunctions[]> {
    signal.throwIfAborted();
    const reply = Promise.withResolvers<readonly FileFunctions[]>();
    const dead = (error: unknown): void => reply.reject(error);
    const ended = (): void => reply.reject(new Error("the parsing thread has ended"));
    const aborted = (): void => reply.reject(signal.reason);
    this.#worker.on("message", reply.resolve).on("error", dead).on("exit", ended);
    signal.addEventListener("abort", aborted);
    // Copies, because a view of a larger buffer would be sent with the whole of it.
    const files = request.files.map(({ path, bytes }) => ({ path, bytes: new Uint8Array(bytes) }));
    const buffers = files.map(({ bytes }) => bytes.buffer);
    this.#worker.postMessage({ files, all: request.all } satisfies ExtractRequest, buffers);
    try {
      return await reply.promise;
    } finally {
      this.#worker.off("message", reply.resolve).off("error", dead).off("exit", ended);
      signal.removeEventListener("abort", aborted);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
