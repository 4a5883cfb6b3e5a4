import { err, ok, type Result } from "../base/result.ts";
import type { PatchScore } from "../records/patch-score.ts";
import { parsePatch } from "./parse-patch.ts";
import type { HunkLine, ParsedFile, ParsedPatch, PatchProblem } from "./parsed-patch.ts";
import { displayText } from "./patch-text.ts";
import { scoreCounts, undefinedReason, type UndefinedReason } from "./score-counts.ts";

/** A changed line that both patches have. Line numbers are 1-based, in the new file for "+" and in the old one for "-". */
export interface MatchedLine {
  readonly file: string;
  readonly sign: "+" | "-";
  readonly text: string;
  readonly lineInFirst: number;
  readonly lineInSecond: number;
}

/** The same scores for one file. A path is null where that patch does not touch the file. */
export interface FileComparison extends PatchScore {
  readonly firstPath: string | null;
  readonly secondPath: string | null;
}

/** Scores over all files, per file, and the lines that match, in the order of the first patch. `reason`: why ratios are null. */
export interface PatchComparison extends PatchScore {
  readonly reason: UndefinedReason | null;
  readonly files: readonly FileComparison[];
  readonly matchedLines: readonly MatchedLine[];
}

/** `ignoreWhitespace`: lines are compared without any ASCII white space, as `git diff -w` does. */
export interface ComparisonOptions {
  readonly ignoreWhitespace?: boolean;
}

export interface ComparisonProblem extends PatchProblem {
  readonly patch: "first" | "second";
}

/**
 * How far the second patch changes the lines that the first one changes: a multiset of (file, sign, text), compared as bytes.
 * A file is known by its path in the common base, so a rename in one patch and an edit in place in the other meet. Changed lines
 * that hold only white space are not counted, as the authors do (paper.md §1.5). Linear time.
 */
export function comparePatches(
  first: Uint8Array | string,
  second: Uint8Array | string,
  options: ComparisonOptions = {},
): Result<PatchComparison, ComparisonProblem> {
  const one = parsePatch(first);
  if (!one.ok) return err({ patch: "first", ...one.error });
  const other = parsePatch(second);
  if (!other.ok) return err({ patch: "second", ...other.error });
  return ok(compareParsed(one.value, other.value, options));
}

interface FileChanges {
  firstPath: string | null;
  secondPath: string | null;
  readonly first: ChangedLine[];
  readonly second: ChangedLine[];
}

interface ChangedLine {
  readonly key: string;
  readonly line: HunkLine;
}

function compareParsed(first: ParsedPatch, second: ParsedPatch, options: ComparisonOptions): PatchComparison {
  const files: FileComparison[] = [];
  const matchedLines: MatchedLine[] = [];
  const counts = { matched: 0, firstLines: 0, secondLines: 0 };
  for (const changes of changesByFile(first, second, options)) {
    const { firstPath, secondPath } = changes;
    const matched = matchLines(changes);
    const inFile = { matched: matched.length, firstLines: changes.first.length, secondLines: changes.second.length };
    counts.matched += inFile.matched;
    counts.firstLines += inFile.firstLines;
    counts.secondLines += inFile.secondLines;
    files.push({ firstPath, secondPath, ...scoreCounts(inFile) });
    for (const match of matched) matchedLines.push(match);
  }
  return { ...scoreCounts(counts), reason: undefinedReason(counts), files, matchedLines };
}

/** Changed lines of both patches by the file they belong to, in the order of the first patch, then of the second. */
function changesByFile(first: ParsedPatch, second: ParsedPatch, options: ComparisonOptions): Iterable<FileChanges> {
  const renamed = new Map<string, string>();
  for (const { kind, oldPath, newPath } of [...first.files, ...second.files]) {
    if (kind === "renamed" && oldPath !== null && newPath !== null) renamed.set(newPath, oldPath);
  }
  const byFile = new Map<string, FileChanges>();
  for (const side of ["first", "second"] as const) {
    for (const file of side === "first" ? first.files : second.files) {
      const base = basePath(file, renamed);
      const changes = byFile.get(base) ?? { firstPath: null, secondPath: null, first: [], second: [] };
      byFile.set(base, changes);
      changes[`${side}Path`] = file.newPath ?? changes[`${side}Path`] ?? file.oldPath;
      addChangedLines(file, changes[side], options);
    }
  }
  return byFile.values();
}

/** The path in the base. A new file that the other patch got by a rename is the renamed one. */
function basePath({ kind, oldPath, newPath }: ParsedFile, renamed: ReadonlyMap<string, string>): string {
  const path = kind === "copied" ? newPath : (oldPath ?? newPath);
  if (path === null) throw new Error("a parsed file has no path");
  return kind === "added" || kind === "copied" ? (renamed.get(path) ?? path) : path;
}

function addChangedLines(file: ParsedFile, into: ChangedLine[], { ignoreWhitespace = false }: ComparisonOptions): void {
  for (const hunk of file.hunks) {
    for (const line of hunk.lines) {
      if (line.sign === " " || isBlank(line.text)) continue;
      into.push({ key: line.sign + (ignoreWhitespace ? line.text.replaceAll(/[\t-\r ]+/g, "") : line.text), line });
    }
  }
}

function isBlank(text: string): boolean {
  return /^[\t-\r\x1c-\x1f ]*$/.test(text);
}

/** Pairs equal lines, the first of one patch with the first of the other, and so on. */
function matchLines({ first, second, firstPath, secondPath }: FileChanges): MatchedLine[] {
  const waiting = new Map<string, { next: number; readonly lines: HunkLine[] }>();
  for (const { key, line } of second) {
    const known = waiting.get(key);
    if (known === undefined) waiting.set(key, { next: 0, lines: [line] });
    else known.lines.push(line);
  }
  const matched: MatchedLine[] = [];
  for (const { key, line } of first) {
    const queue = waiting.get(key);
    const partner = queue?.lines[queue.next];
    if (queue === undefined || partner === undefined || line.sign === " ") continue;
    queue.next++;
    matched.push({
      file: firstPath ?? secondPath ?? "",
      sign: line.sign,
      text: displayText(line.text),
      lineInFirst: lineInFile(line),
      lineInSecond: lineInFile(partner),
    });
  }
  return matched;
}

function lineInFile({ oldLine, newLine }: HunkLine): number {
  return newLine ?? oldLine ?? 0;
}
