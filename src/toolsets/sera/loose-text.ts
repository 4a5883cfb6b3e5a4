const tabStop = 8;

/**
 * A text in a looser form, in which more texts are equal. `offsets[i]`: where character i of it begins in the original, -1
 * inside what one original character became; the last entry is the original's end.
 */
export interface LooseText {
  readonly text: string;
  readonly offsets: Int32Array;
}

/** `endings`: "\r\n" as "\n". `tabs`: that, and tabs as the spaces up to the next stop of 8. */
export function loosen(original: string, how: "endings" | "tabs"): LooseText {
  const pieces: string[] = [];
  const offsets: number[] = [];
  let column = 0;
  for (let at = 0; at < original.length; at++) {
    const character = original.charAt(at);
    if (character === "\r" && original[at + 1] === "\n") continue;
    const width = character === "\t" && how === "tabs" ? tabStop - (column % tabStop) : 1;
    pieces.push(character === "\t" && how === "tabs" ? " ".repeat(width) : character);
    offsets.push(character === "\n" && original[at - 1] === "\r" ? at - 1 : at);
    for (let inside = 1; inside < width; inside++) offsets.push(-1);
    column = character === "\n" ? 0 : column + width;
  }
  offsets.push(original.length);
  return { text: pieces.join(""), offsets: Int32Array.from(offsets) };
}
