/**
 * A patch as lines of bytes: one code unit a byte, so that nothing is lost or merged where the bytes are no valid UTF-8. Read
 * from the front; a file section that came through a tool which turned every line end into CRLF is read without the CRs.
 */
export class PatchText {
  readonly #lines: readonly string[];
  #at = 0;
  #dropsCarriageReturns = false;

  constructor(patch: Uint8Array | string) {
    const bytes = typeof patch === "string" ? Buffer.from(patch, "utf8") : Buffer.from(patch.buffer, patch.byteOffset, patch.byteLength);
    const lines = bytes.toString("latin1").split("\n");
    if (lines.at(-1) === "") lines.pop();
    if (lines[0]?.startsWith(byteOrderMark)) lines[0] = lines[0].slice(byteOrderMark.length);
    this.#lines = lines;
  }

  get done(): boolean {
    return this.#at >= this.#lines.length;
  }

  /** 1-based number of the line that `peek` shows; at the end, of the last line. */
  get lineNumber(): number {
    return Math.max(1, Math.min(this.#at + 1, this.#lines.length));
  }

  get isBlank(): boolean {
    return this.#lines.every((line) => line.trim() === "");
  }

  /** The line `ahead` of the next one, or undefined past the end. */
  peek(ahead = 0): string | undefined {
    const line = this.#lines[this.#at + ahead];
    return this.#dropsCarriageReturns && line?.endsWith("\r") ? line.slice(0, -1) : line;
  }

  take(): string | undefined {
    const line = this.peek();
    this.#at++;
    return line;
  }

  /** Called at the first header line of a file: git ends it with CR only where something converted the whole section. */
  beginSection(): void {
    this.#dropsCarriageReturns = this.#lines[this.#at]?.endsWith("\r") ?? false;
  }
}

const byteOrderMark = "\u00ef\u00bb\u00bf";

/** Bytes of a line as text for a person: UTF-8, with U+FFFD where they are none. */
export function displayText(bytes: string): string {
  return isAscii(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8");
}

export function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}
