/** A piece of JSON text: a whole string literal with its quotes, or what stands between two of them. */
export interface JsonPiece {
  readonly kind: "string" | "between";
  readonly text: string;
}

/**
 * Parts a JSON text into string literals and the rest, in order; the pieces joined are the text. A string that never ends is the last
 * piece, without its closing quote. By scanning, because a regular expression overflows its stack on strings of megabytes.
 */
export function jsonPieces(text: string): JsonPiece[] {
  const pieces: JsonPiece[] = [];
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return [...pieces, { kind: "between", text: text.slice(at) }];
    if (quote > at) pieces.push({ kind: "between", text: text.slice(at, quote) });
    at = stringEnd(text, quote);
    pieces.push({ kind: "string", text: text.slice(quote, at) });
  }
  return pieces;
}

/** Offset behind the string literal that opens at `open`. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length;
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}
