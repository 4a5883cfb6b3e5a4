import type { EditorCommand } from "../toolset.ts";
import { lineEndingAt, withLineEnding } from "./line-ending.ts";
import { looseReplacement } from "./loose-replacement.ts";
import { loosen } from "./loose-text.ts";
import { catLines } from "./numbered-lines.ts";
import type { Replacement, TextEdit } from "./text-edit.ts";
import { displayText } from "./text-file.ts";

/** Lines around a replacement that are shown; the authors' window has one more before and one less after. */
const shownAround = 4;

type ReplaceCommand = EditorCommand & { command: "str_replace" };

/**
 * Replaces the one occurrence of the old text: verbatim, else with line endings alike, else with tabs expanded too. Outside of the
 * replaced text nothing changes; the new text takes the file's line endings and, where tabs were expanded, its indentation.
 */
export function replaceText(command: ReplaceCommand, file: string): TextEdit {
  const found = findReplacement(command, file);
  if ("refused" in found) return found;
  const text = file.slice(0, found.start) + found.text + file.slice(found.end);
  const { oldText, newText, path } = command;
  if (text === file) return { refused: `No replacement was performed, old_str \`${oldText}\` is the same as new_str \`${newText}\`.` };
  const snippet = snippetOf(displayText(text), path, { line: found.line, added: newText.split("\n").length - 1 });
  const said = `The file ${path} has been edited. ${snippet}Review the changes and make sure they are as expected. Edit the file again if necessary.`;
  return { text, said };
}

function findReplacement(command: ReplaceCommand, file: string): Replacement | { readonly refused: string } {
  const { oldText, newText, path } = command;
  if (oldText === "") return intoNothing(newText, file);
  const verbatim = occurrences(file, oldText);
  const [start] = verbatim;
  if (verbatim.length > 1) return { refused: severalTimes(oldText, file, verbatim) };
  if (start !== undefined) return verbatimReplacement(command, file, start);
  for (const how of ["endings", "tabs"] as const) {
    const loose = loosen(file, how);
    const places = occurrences(loose.text, loosen(oldText, how).text);
    const [place] = places;
    if (places.length > 1) return { refused: severalTimes(oldText, loose.text, places) };
    const replacement = place === undefined ? null : looseReplacement(command, file, { loose, place, how });
    if (replacement !== null) return replacement;
  }
  return { refused: `No replacement was performed, old_str \`${oldText}\` did not appear verbatim in ${path}.` };
}

/** Whoever writes carriage returns means them; otherwise the new text gets the endings of its place. */
function verbatimReplacement({ oldText, newText }: ReplaceCommand, file: string, start: number): Replacement {
  const meant = oldText.includes("\r") || newText.includes("\r");
  const text = meant ? newText : withLineEnding(newText, lineEndingAt(file, start));
  return { start, end: start + oldText.length, text, line: newlines(file.slice(0, start)) };
}

function intoNothing(newText: string, file: string): Replacement | { readonly refused: string } {
  if (file === "") return { start: 0, end: 0, text: newText, line: 0 };
  return { refused: "No replacement was performed. `old_str` is empty: name the text to replace, or use `insert`." };
}

/** Where a text occurs; occurrences that overlap are as ambiguous as others. */
function occurrences(text: string, sought: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(sought); at !== -1; at = text.indexOf(sought, at + 1)) places.push(at);
  return places;
}

function severalTimes(oldText: string, text: string, places: readonly number[]): string {
  const lines = new Set<number>();
  let line = 1;
  let seen = 0;
  for (const place of places) {
    line += newlines(text.slice(seen, place));
    seen = place;
    lines.add(line);
  }
  return `No replacement was performed. Multiple occurrences of old_str \`${oldText}\` in lines [${[...lines].join(", ")}]. Please ensure it is unique`;
}

function snippetOf(text: string, path: string, { line, added }: { line: number; added: number }): string {
  const lines = text.split("\n");
  const count = lines.at(-1) === "" ? lines.length - 1 : lines.length;
  const first = Math.max(1, line - shownAround);
  const last = Math.min(line + shownAround + added, count);
  return catLines(lines.slice(first - 1, last).join("\n"), `a snippet of ${path}`, first);
}

function newlines(text: string): number {
  return text.split("\n").length - 1;
}
