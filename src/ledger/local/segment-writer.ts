import { open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { syncFolder } from "../../base/atomic-file.ts";
import { storageError } from "../storage-error.ts";

interface Append {
  readonly line: Buffer;
  readonly settled: PromiseWithResolvers<number>;
}

/**
 * Appends lines to one new file, made at the first of them. One write and one fdatasync are in flight at a time, and everything
 * that came meanwhile rides on the next. After a failed write the state on the disk is not known, so no later one is tried.
 */
export class SegmentWriter implements AsyncDisposable {
  readonly #path: string;
  readonly #what: string;
  #file: FileHandle | null = null;
  #waiting: Append[] = [];
  #flushing: Promise<void> | null = null;
  #broken: unknown = null;
  #durableBytes = 0;
  #closed = false;

  constructor(path: string, what: string) {
    this.#path = path;
    this.#what = what;
  }

  /** Length of what would survive power loss. */
  get durableBytes(): number {
    return this.#durableBytes;
  }

  /** Gives the line's offset once it would survive power loss; rejects with StorageError. */
  append(line: Buffer): Promise<number> {
    if (this.#closed) throw new Error("write on a journal that is closed");
    const settled = Promise.withResolvers<number>();
    this.#waiting.push({ line, settled });
    this.#flushing ??= this.#flush();
    return settled.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  async #flush(): Promise<void> {
    await setImmediate();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#writeBatch(batch);
    }
    this.#flushing = null;
  }

  async #writeBatch(batch: readonly Append[]): Promise<void> {
    let offset = this.#durableBytes;
    try {
      if (this.#broken !== null) throw this.#broken;
      this.#file ??= await this.#create();
      const bytes = Buffer.concat(batch.map(({ line }) => line));
      await writeAll(this.#file, bytes, offset);
      await this.#file.datasync();
      this.#durableBytes += bytes.length;
    } catch (error) {
      await this.#breakOff(error);
      for (const { settled } of batch) settled.reject(this.#broken);
      return;
    }
    for (const { line, settled } of batch) {
      settled.resolve(offset);
      offset += line.length;
    }
  }

  async #create(): Promise<FileHandle> {
    const file = await open(this.#path, "wx");
    await syncFolder(dirname(this.#path));
    return file;
  }

  async #breakOff(error: unknown): Promise<void> {
    if (this.#broken !== null) return;
    this.#broken = storageError(error, this.#what);
    try {
      await this.#file?.truncate(this.#durableBytes);
    } catch {
      // What stays is a torn tail, which the next opening cuts.
    }
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
