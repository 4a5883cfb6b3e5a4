/** The bytes of a body so far, read to `mostBytes` and the end of the chunk that goes beyond them. */
export class CappedBody {
  readonly #mostBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Whether more came than is read. */
  get isOver(): boolean {
    return this.#size > this.#mostBytes;
  }

  /** Adds a chunk; `done`: no more is wanted. */
  feed(chunk: Uint8Array): "part" | "done" {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    return this.isOver ? "done" : "part";
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
