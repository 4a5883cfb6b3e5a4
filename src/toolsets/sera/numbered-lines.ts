import { clip } from "../clip.ts";

/** Characters of a file that one view shows. */
export const viewLimit = 16_000;

const clipNote =
  "<response clipped><NOTE>To save on context only part of this file has been shown to you. You should retry this tool after you have searched inside the file with `grep -n` in order to find the line numbers of what you are looking for.</NOTE>";

/** A text cut to the view's limit, the note about it in the last line. */
export function clipView(text: string): string {
  const { head, elided } = clip(text, viewLimit);
  return elided === 0 ? text : head + clipNote;
}

/** Lines as `cat -n` shows them under a heading that names them; cut before they are numbered (reference.md §c.5). */
export function catLines(text: string, of: string, firstLine = 1): string {
  const lines = clipView(text).split("\n");
  const numbered = lines.map((line, index) => `${String(firstLine + index).padStart(6)}\t${line}`);
  return `Here's the result of running \`cat -n\` on ${of}:\n${numbered.join("\n")}\n`;
}
