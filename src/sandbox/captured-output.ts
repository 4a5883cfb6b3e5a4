/** Bytes at the end of dropped output that are kept. */
const tailBytes = 20_000;

/** Output of one command as it comes: its first bytes and the last of the dropped ones are kept, all are counted. */
export class CapturedOutput {
  readonly #limitBytes: number;
  readonly #chunks: Buffer[] = [];
  #tail: Buffer = Buffer.alloc(0);
  #keptBytes = 0;
  #frozen = false;
  bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isFull(): boolean {
    return this.#frozen || this.bytes > this.#limitBytes;
  }

  add(bytes: Buffer): void {
    if (this.#frozen) return;
    this.bytes += bytes.length;
    const room = this.#limitBytes - this.#keptBytes;
    if (bytes.length > room) this.#dropButTail(bytes.subarray(room));
    if (room <= 0) return;
    const kept = bytes.length <= room ? bytes : Buffer.from(bytes.subarray(0, room));
    this.#chunks.push(kept);
    this.#keptBytes += kept.length;
  }

  /** What comes later is neither kept nor counted. */
  freeze(): void {
    this.#frozen = true;
  }

  #dropButTail(bytes: Buffer): void {
    const end = bytes.subarray(-tailBytes);
    this.#tail = Buffer.concat([this.#tail.subarray(Math.max(0, this.#tail.length + end.length - tailBytes)), end]);
  }

  /** The last of what was dropped, without the rest of a character that its beginning cut in two. */
  tail(): string {
    const start = this.#tail.findIndex((byte) => (byte & 0xc0) !== 0x80);
    return start === -1 ? "" : new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.#tail.subarray(start));
  }

  /** Decoded once over the whole; a character that the limit cut in two is left out. */
  text(): string {
    const whole = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(whole, { stream: this.bytes > this.#keptBytes });
  }
}
