import type { Readable } from "node:stream";

/** Reads a stream piece by piece: up to a byte, a number of bytes, or all that is left. */
export class SectionReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The bytes before the next such byte, which is passed over; null: there is none. */
  async until(byte: number): Promise<Buffer | null> {
    let from = 0;
    for (;;) {
      const at = this.#held.indexOf(byte, from);
      if (at >= 0) {
        const piece = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + 1);
        return piece;
      }
      from = this.#held.length;
      if (!(await this.#more())) return null;
    }
  }

  async exactly(bytes: number): Promise<Buffer | null> {
    while (this.#held.length < bytes) if (!(await this.#more())) return null;
    const piece = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return piece;
  }

  async *rest(): AsyncGenerator<Buffer> {
    try {
      if (this.#held.length > 0) yield this.#held;
      for (let next = await this.#next(); next !== null; next = await this.#next()) yield next;
    } finally {
      await this.#chunks.return?.();
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#next();
    if (next === null) return false;
    this.#held = Buffer.concat([this.#held, next]);
    return true;
  }

  /** null: the end, also of a stream that was destroyed while we waited, as a stop from outside does. */
  async #next(): Promise<Buffer | null> {
    try {
      const next = await this.#chunks.next();
      return next.done === true ? null : next.value;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return null;
      throw error;
    }
  }
}
