import type { EditorCommand } from "../toolset.ts";
import type { TextEdit } from "./text-edit.ts";
import { lineEndingAt, withLineEnding } from "./line-ending.ts";
import { catLines } from "./numbered-lines.ts";
import { displayText } from "./text-file.ts";

/** Lines shown on either side of the inserted ones. */
const shownAround = 4;

/** Inserts a text as lines of its own after a line (0: before the first), in the line ending of the place. */
export function insertLines({ path, afterLine, text }: EditorCommand & { command: "insert" }, file: string): TextEdit {
  const lines = file.split("\n");
  if (afterLine < 0 || afterLine > lines.length) {
    return {
      refused: `Invalid \`insert_line\`: ${afterLine}. It should be between 0 and the number of lines in the file: \`${lines.length}\``,
    };
  }
  const start = lines.slice(0, afterLine).reduce((offset, line) => offset + line.length + 1, 0);
  const mark = afterLine === 0 && file.startsWith("\ufeff") ? 1 : 0;
  const at = Math.min(start, file.length) + mark;
  const ending = lineEndingAt(file, Math.max(0, at - 1));
  const inserted = withLineEnding(text, ending);
  const edited = afterLine === lines.length ? file + ending + inserted : file.slice(0, at) + inserted + ending + file.slice(at);
  return { text: edited, said: describe(path, afterLine, { edited, inserted }) };
}

function describe(path: string, afterLine: number, { edited, inserted }: { edited: string; inserted: string }): string {
  const newLines = inserted.split("\n").length;
  const shown = displayText(edited)
    .split("\n")
    .slice(Math.max(0, afterLine - shownAround), afterLine + newLines + shownAround)
    .join("\n");
  const snippet = catLines(shown, "a snippet of the edited file", Math.max(1, afterLine - shownAround + 1));
  return `The file ${path} has been edited. ${snippet}Review the changes and make sure they are as expected (correct indentation, no duplicate lines, etc). Edit the file again if necessary.`;
}
