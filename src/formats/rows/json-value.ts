import { jsonPieces } from "../../base/json-text.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { RowFault } from "./row-fault.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** The JSON value of some bytes. `ended`: something follows them in the file, so that they cannot have been cut off. */
export function jsonValue(bytes: Uint8Array, ended: boolean): Result<unknown, RowFault> {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    const detail = bytes.includes(0) ? "has zero bytes and is no UTF-8: UTF-16?" : `is not UTF-8, from byte ${firstBadByte(bytes)} on`;
    return err({ reason: "not-utf8", detail });
  }
  if (isDeep(bytes, text)) return err({ reason: "bad-json", detail: `is nested more than ${deepest} levels deep` });
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    const words = error instanceof Error ? withoutSource(error.message) : String(error);
    return !ended && isAtEnd(words, text)
      ? err({ reason: "cut-off", detail: "ends in the middle: the file was cut off" })
      : err({ reason: "bad-json", detail: words });
  }
}

/** Levels of lists and objects: whoever walks over a value from here on does not run out of stack. */
const deepest = 1000;

function isDeep(bytes: Uint8Array, text: string): boolean {
  // Brackets inside strings count too; whether they are meant is looked at only where there are as many.
  let [levels, most] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    // "[" and "{", "]" and "}" differ in one bit.
    const byte = (bytes[at] ?? 0) & 0xdf;
    if (byte === 0x5b && ++levels > most) most = levels;
    else if (byte === 0x5d) levels--;
  }
  return most > deepest && depthOutsideStrings(text) > deepest;
}

function depthOutsideStrings(text: string): number {
  let [levels, most] = [0, 0];
  for (const { kind, text: piece } of jsonPieces(text)) {
    if (kind === "string") continue;
    for (const character of piece) {
      if (character === "[" || character === "{") most = Math.max(most, ++levels);
      else if (character === "]" || character === "}") levels--;
    }
  }
  return most;
}

/** Whether a parser gave up because nothing more came. */
function isAtEnd(words: string, text: string): boolean {
  if (/^Unterminated|^Unexpected end/.test(words)) return true;
  const position = /at position (\d+)/.exec(words)?.[1];
  return position !== undefined && Number(position) >= text.trimEnd().length;
}

/** A parser's message repeats what it found; a place says it as well, and no text of the file leaves it. */
function withoutSource(message: string): string {
  return message.replace(/, (?:\.\.\.)?".*$/s, " in JSON");
}

/** 1-based. */
function firstBadByte(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBegun(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return bad;
}

/** Whether the bytes are the beginning of UTF-8 text. */
function isBegun(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
