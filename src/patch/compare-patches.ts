import { err, ok, type Result } from "../base/result.ts";
import type { PatchScore } from "../records/patch-score.ts";
import { pairLines, type BothLines, type ChangedLine, type KeyOf } from "./pair-lines.ts";
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

/** A changed line that both patches have, in different files. */
export interface MovedLine {
  readonly fileInFirst: string;
  readonly fileInSecond: string;
  readonly sign: "+" | "-";
  readonly text: string;
  readonly lineInFirst: number;
  readonly lineInSecond: number;
}

/**
 * Scores over all files, per file, and the lines that match, in the order of the first patch. `reason`: why ratios are null.
 * `ignoringWhitespace`: the same scores for lines without their white space; `anywhere`: for lines without their files, a multiset of
 * (sign, text), which takes `movedLines` as well.
 */
export interface PatchComparison extends PatchScore {
  readonly reason: UndefinedReason | null;
  readonly files: readonly FileComparison[];
  readonly matchedLines: readonly MatchedLine[];
  readonly ignoringWhitespace: PatchScore;
  readonly anywhere: PatchScore;
  readonly movedLines: readonly MovedLine[];
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

interface FileChanges extends BothLines {
  readonly firstPath: string | null;
  readonly secondPath: string | null;
}

const asItIs: KeyOf = ({ text }) => text;
const withoutSpace: KeyOf = ({ text }) => text.replaceAll(/[\t-\r ]+/g, "");

function compareParsed(first: ParsedPatch, second: ParsedPatch, { ignoreWhitespace = false }: ComparisonOptions): PatchComparison {
  const keyOf = ignoreWhitespace ? withoutSpace : asItIs;
  const files: FileComparison[] = [];
  const matchedLines: MatchedLine[] = [];
  const rest: FileChanges[] = [];
  const counts = { matched: 0, firstLines: 0, secondLines: 0 };
  let onlyBare = 0;
  for (const { firstPath, secondPath, ...lines } of changesByFile(first, second)) {
    const file = firstPath ?? secondPath ?? "";
    const { pairs, unpaired } = pairLines(lines, keyOf);
    const inFile = { matched: pairs.length, firstLines: lines.first.length, secondLines: lines.second.length };
    counts.matched += inFile.matched;
    counts.firstLines += inFile.firstLines;
    counts.secondLines += inFile.secondLines;
    files.push({ firstPath, secondPath, ...scoreCounts(inFile) });
    for (const [one, other] of pairs)
      matchedLines.push({
        file,
        sign: one.sign,
        text: displayText(one.text),
        lineInFirst: lineInFile(one),
        lineInSecond: lineInFile(other),
      });
    // Lines that are equal are equal without white space too, so only the others are looked at again.
    if (!ignoreWhitespace) onlyBare += pairLines(unpaired, withoutSpace).pairs.length;
    rest.push({ firstPath, secondPath, ...unpaired });
  }
  const movedLines = linesThatMoved(rest, keyOf);
  return {
    ...scoreCounts(counts),
    reason: undefinedReason(counts),
    files,
    matchedLines,
    ignoringWhitespace: scoreCounts({ ...counts, matched: counts.matched + onlyBare }),
    anywhere: scoreCounts({ ...counts, matched: counts.matched + movedLines.length }),
    movedLines,
  };
}

/** Of lines without a partner in their own file, those that have one in another. */
function linesThatMoved(rest: readonly FileChanges[], keyOf: KeyOf): MovedLine[] {
  const [first, second] = [rest.flatMap((file) => file.first), rest.flatMap((file) => file.second)];
  const { pairs } = pairLines({ first, second }, keyOf);
  if (pairs.length === 0) return [];
  const paths = new Map<ChangedLine, string>();
  for (const file of rest) {
    for (const line of file.first) paths.set(line, file.firstPath ?? "");
    for (const line of file.second) paths.set(line, file.secondPath ?? "");
  }
  return pairs.map(([one, other]) => ({
    fileInFirst: paths.get(one) ?? "",
    fileInSecond: paths.get(other) ?? "",
    sign: one.sign,
    text: displayText(one.text),
    lineInFirst: lineInFile(one),
    lineInSecond: lineInFile(other),
  }));
}

/** Changed lines of both patches by the file they belong to, in the order of the first patch, then of the second. */
function changesByFile(first: ParsedPatch, second: ParsedPatch): Iterable<FileChanges> {
  const renamed = new Map<string, string>();
  for (const { kind, oldPath, newPath } of [...first.files, ...second.files]) {
    if (kind === "renamed" && oldPath !== null && newPath !== null) renamed.set(newPath, oldPath);
  }
  const byFile = new Map<string, { firstPath: string | null; secondPath: string | null; first: ChangedLine[]; second: ChangedLine[] }>();
  for (const side of ["first", "second"] as const) {
    for (const file of side === "first" ? first.files : second.files) {
      const base = basePath(file, renamed);
      const changes = byFile.get(base) ?? { firstPath: null, secondPath: null, first: [], second: [] };
      byFile.set(base, changes);
      changes[`${side}Path`] = file.newPath ?? changes[`${side}Path`] ?? file.oldPath;
      addChangedLines(file, changes[side]);
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

function addChangedLines(file: ParsedFile, into: ChangedLine[]): void {
  for (const hunk of file.hunks) for (const line of hunk.lines) if (isCounted(line)) into.push(line);
}

function isCounted(line: HunkLine): line is ChangedLine {
  return line.sign !== " " && !isBlank(line.text);
}

function isBlank(text: string): boolean {
  return text === "" || (text.charCodeAt(0) <= 32 && /^[\t-\r\x1c-\x1f ]*$/.test(text));
}

function lineInFile({ oldLine, newLine }: HunkLine): number {
  return newLine ?? oldLine ?? 0;
}
