import { isUtf8 } from "node:buffer";

/**
 * A file as text that turns back into the same bytes. `damaged-utf-8`: UTF-8 but for some bytes, each of which stands in the text
 * as the lone surrogate U+DC00 + byte; `latin-1`: no UTF-8 at all, one byte a character. A byte order mark stays in the text.
 */
export interface TextFile {
  readonly text: string;
  readonly encoding: "utf-8" | "damaged-utf-8" | "latin-1";
}

/** How far a file is searched for the NUL byte that makes it binary. */
const sniffedBytes = 8192;

/** Null: the file is binary. */
export function decodeText(bytes: Uint8Array): TextFile | null {
  if (bytes.subarray(0, sniffedBytes).includes(0)) return null;
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), encoding: "utf-8" };
  } catch {
    return decodeOther(bytes);
  }
}

/** The bytes of a text in an encoding; otherwise the first character that the encoding cannot hold. */
export function encodeText({ text, encoding }: TextFile): { readonly bytes: Uint8Array } | { readonly unencodable: string } {
  if (encoding === "latin-1") {
    const unencodable = /[^\u0000-\u00ff]/u.exec(text)?.[0];
    return unencodable === undefined ? { bytes: Buffer.from(text, "latin1") } : { unencodable };
  }
  if (encoding === "utf-8") return { bytes: Buffer.from(text, "utf8") };
  const pieces = text.split(/([\udc80-\udcff])/u);
  return { bytes: Buffer.concat(pieces.map((piece, index) => (index % 2 === 0 ? Buffer.from(piece, "utf8") : escapedByte(piece)))) };
}

/** A text as a model sees it: no byte order mark, no carriage returns at line ends, damaged bytes as U+FFFD. */
export function displayText(text: string): string {
  return text
    .replace(/^\ufeff/, "")
    .replaceAll("\r\n", "\n")
    .toWellFormed();
}

function decodeOther(bytes: Uint8Array): TextFile {
  const pieces: string[] = [];
  let valid = 0;
  let invalid = 0;
  let start = 0;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < buffer.length;) {
    const length = sequenceLength(buffer, at);
    if (length > 1) valid++;
    if (length === 0) {
      pieces.push(buffer.toString("utf8", start, at), String.fromCharCode(0xdc00 + (buffer[at] ?? 0)));
      invalid++;
      start = at + 1;
    }
    at += Math.max(length, 1);
  }
  if (valid < invalid) return { text: buffer.toString("latin1"), encoding: "latin-1" };
  return { text: pieces.join("") + buffer.toString("utf8", start), encoding: "damaged-utf-8" };
}

/** Bytes of the well-formed UTF-8 sequence that begins here; 0 where none does. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function escapedByte(piece: string): Buffer {
  return Buffer.of(piece.charCodeAt(0) - 0xdc00);
}
