export type LineEnding = "\n" | "\r\n";

/** The line ending in use at an offset of a text: of the line there, else of the line before. */
export function lineEndingAt(text: string, offset: number): LineEnding {
  const here = text.indexOf("\n", offset);
  const newline = here === -1 ? text.lastIndexOf("\n") : here;
  return newline > 0 && text[newline - 1] === "\r" ? "\r\n" : "\n";
}

export function withLineEnding(text: string, ending: LineEnding): string {
  return text.replaceAll(/\r?\n/g, ending);
}
