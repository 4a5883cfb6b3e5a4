import type { EditorCommand } from "../toolset.ts";
import { lineEndingAt, withLineEnding } from "./line-ending.ts";
import { loosen } from "./loose-text.ts";
import type { LooseText } from "./loose-text.ts";
import type { Replacement } from "./text-edit.ts";

type ReplaceCommand = EditorCommand & { command: "str_replace" };

/** Where the loosened old text stands in the loosened file. */
export interface LooseMatch {
  readonly loose: LooseText;
  readonly place: number;
  readonly how: "endings" | "tabs";
}

/**
 * The replacement for a match of loosened texts. What old and new text begin and end with in common stays as it is in the file, so
 * only what really changes is put into the file's form. Null: the change would have to begin or end inside a tab.
 */
export function looseReplacement(
  { oldText, newText }: ReplaceCommand,
  file: string,
  { loose, place, how }: LooseMatch,
): Replacement | null {
  const before = loosen(oldText, how).text;
  const after = loosen(newText, how);
  const head = alignedHead(before, after, (kept) => loose.offsets[place + kept] !== -1);
  if (head === -1) return null;
  const tail = alignedTail({ before, after, head }, (kept) => loose.offsets[place + before.length - kept] !== -1);
  if (tail === -1) return null;
  const start = loose.offsets[place + head] ?? 0;
  const end = loose.offsets[place + before.length - tail] ?? 0;
  const changed = newText.slice(after.offsets[head], after.offsets[after.text.length - tail]);
  const region = file.slice(file.lastIndexOf("\n", start) + 1, loose.offsets[place + before.length - tail]);
  const lineHead = after.text.slice(after.text.lastIndexOf("\n", head - 1) + 1, head);
  const indented = how === "tabs" ? indentedLike(region, changed, lineHead) : changed;
  const line = loose.text.slice(0, place).split("\n").length - 1;
  return { start, end, text: withLineEnding(indented, lineEndingAt(file, start)), line };
}

/** The longest common beginning that ends between characters of the file and of the new text; -1: there is none. */
function alignedHead(before: string, after: LooseText, inFile: (kept: number) => boolean): number {
  const most = Math.min(before.length, after.text.length);
  let kept = 0;
  while (kept < most && before[kept] === after.text[kept]) kept++;
  while (kept >= 0 && !(inFile(kept) && after.offsets[kept] !== -1)) kept--;
  return kept;
}

/**
 * As `alignedHead`, for the common end of what lies behind the head. It may not begin inside an indentation, because what is
 * put before a tab there moves it by another width.
 */
function alignedTail(
  { before, after, head }: { before: string; after: LooseText; head: number },
  inFile: (kept: number) => boolean,
): number {
  const most = Math.min(before.length, after.text.length) - head;
  const end = after.text.length;
  let kept = 0;
  while (kept < most && before[before.length - 1 - kept] === after.text[end - 1 - kept]) kept++;
  const isClean = (length: number): boolean =>
    inFile(length) && after.offsets[end - length] !== -1 && !splitsSpace(before, length) && !splitsSpace(after.text, length);
  while (kept >= 0 && !isClean(kept)) kept--;
  return kept;
}

/** Do the last `length` characters begin with a space that is not the first of its line? */
function splitsSpace(text: string, length: number): boolean {
  const start = text.length - length;
  return length > 0 && start > 0 && text[start] === " " && text[start - 1] !== "\n";
}

/** A text whose indentation is of tabs where the region's is, else of spaces. `lineHead`: what stands before it on its first line. */
function indentedLike(region: string, text: string, lineHead: string): string {
  const withTabs = /^ *\t/m.test(region);
  const [first = "", ...rest] = text.split("\n");
  const lines = [
    lineHead.trim() === "" && lineHead.length % 8 === 0 ? indent(first, withTabs) : first,
    ...rest.map((line) => indent(line, withTabs)),
  ];
  return lines.join("\n");
}

function indent(line: string, withTabs: boolean): string {
  const lead = /^[ \t]*/.exec(line)?.[0] ?? "";
  const width = loosen(lead, "tabs").text.length;
  const made = withTabs ? "\t".repeat(Math.floor(width / 8)) + " ".repeat(width % 8) : " ".repeat(width);
  return made + line.slice(lead.length);
}
