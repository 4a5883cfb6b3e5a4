/** What a stream of command output was found to hold besides output: the frame of a command, or news of the shell. */
export type FrameEvent =
  | { readonly kind: "started" }
  | { readonly kind: "finished"; readonly exitCode: number }
  | { readonly kind: "shell-ended"; readonly exitCode: number }
  | { readonly kind: "shell-opened"; readonly pid: number };

export interface FrameListener {
  output(bytes: Buffer): void;
  event(event: FrameEvent): void;
}

/** Longest line that can be a marker: newline, 32 digits, a word, a number. */
const longestMarker = 80;

/**
 * Splits output from markers, which are lines of their own: `<nonce><` starts and `<nonce>><code>` ends the frame of the
 * current command, `<secret> opened|ended <number>` comes from the supervisor. A newline before each belongs to it, so
 * that output without a last newline stays as it is. All else is output, to the byte.
 */
export class FrameScanner {
  readonly #secret: Buffer;
  readonly #listener: FrameListener;
  #nonce: Buffer | null = null;
  #held: Buffer = Buffer.alloc(0);

  constructor(secret: string, listener: FrameListener) {
    this.#secret = Buffer.from(`\n${secret} `);
    this.#listener = listener;
  }

  /** From now on the frame of this nonce is looked for, and no other. */
  expect(nonce: string): void {
    this.#nonce = Buffer.from(`\n${nonce}`);
  }

  /** A last newline that may yet begin a marker, for one who can not wait; else nothing. */
  get undecided(): Buffer {
    return this.#held.length === 1 ? this.#held : Buffer.alloc(0);
  }

  feed(chunk: Buffer): void {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (let at = this.#find(rest); at >= 0; at = this.#find(rest)) {
      const end = rest.indexOf(10, at + 1);
      if (at > 0) this.#listener.output(rest.subarray(0, at));
      if (end < 0 && rest.length - at < longestMarker) {
        this.#held = Buffer.from(rest.subarray(at));
        return;
      }
      this.#announce(rest.toString("latin1", at + 1, end < 0 ? rest.length : end));
      rest = end < 0 ? rest.subarray(rest.length) : rest.subarray(end + 1);
    }
    const held = this.#unfinished(rest);
    if (held < rest.length) this.#listener.output(rest.subarray(0, rest.length - held));
    this.#held = Buffer.from(rest.subarray(rest.length - held));
  }

  #find(bytes: Buffer): number {
    const news = bytes.indexOf(this.#secret);
    const frame = this.#nonce === null ? -1 : bytes.indexOf(this.#nonce);
    return news < 0 ? frame : frame < 0 ? news : Math.min(news, frame);
  }

  /** How many of the last bytes may be the beginning of a marker. */
  #unfinished(bytes: Buffer): number {
    const at = bytes.lastIndexOf(10);
    if (at < 0) return 0;
    const tail = bytes.subarray(at);
    const begins = (marker: Buffer): boolean => tail.length < marker.length && marker.subarray(0, tail.length).equals(tail);
    return begins(this.#secret) || (this.#nonce !== null && begins(this.#nonce)) ? tail.length : 0;
  }

  #announce(line: string): void {
    const event = this.#parse(line);
    if (event !== null) this.#listener.event(event);
  }

  /** null: half of a marker, as of a shell that was killed while it wrote. */
  #parse(line: string): FrameEvent | null {
    const news = /^[0-9a-f]{32} (opened|ended) (\d{1,10})$/.exec(line);
    if (news !== null) {
      const number = Number(news[2]);
      return news[1] === "opened" ? { kind: "shell-opened", pid: number } : { kind: "shell-ended", exitCode: number };
    }
    const frame = /^[0-9a-f]{32}(<|>(\d{1,3}))$/.exec(line);
    if (frame === null) return null;
    return frame[2] === undefined ? { kind: "started" } : { kind: "finished", exitCode: Number(frame[2]) };
  }
}
