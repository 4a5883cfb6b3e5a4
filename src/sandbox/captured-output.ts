/** Output of one command as it comes: its first bytes are kept, all are counted. */
export class CapturedOutput {
  readonly #limitBytes: number;
  readonly #chunks: Buffer[] = [];
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
    if (room <= 0) return;
    const kept = bytes.length <= room ? bytes : Buffer.from(bytes.subarray(0, room));
    this.#chunks.push(kept);
    this.#keptBytes += kept.length;
  }

  /** What comes later is neither kept nor counted. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Decoded once over the whole; a character that the limit cut in two is left out. */
  text(): string {
    const whole = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(whole, { stream: this.bytes > this.#keptBytes });
  }
}
