import { err, ok, type Result } from "../base/result.ts";
import type { Hunk, HunkLine, PatchProblem } from "./parsed-patch.ts";
import type { PatchText } from "./patch-text.ts";

const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** The hunks that come next, each with as many lines as its header says: only so is a removed `-- x` not taken for a header. */
export function parseHunks(text: PatchText): Result<Hunk[], PatchProblem> {
  const hunks: Hunk[] = [];
  while (text.peek()?.startsWith("@@ ")) {
    const hunk = parseHunk(text);
    if (!hunk.ok) return hunk;
    hunks.push(hunk.value);
  }
  if (hunks.length > 0 && isStrayChange(text)) {
    return err({ line: text.lineNumber, message: "the hunk before this line has more lines than its header says" });
  }
  return ok(hunks);
}

/** A changed or context line where none is due. `-- ` alone begins the signature of a mailed patch; `---` with `+++` a file. */
function isStrayChange(text: PatchText): boolean {
  const line = text.peek() ?? "";
  if (!/^[-+ ]/.test(line) || /^--\s*$/.test(line)) return false;
  return !(line.startsWith("--- ") && text.peek(1)?.startsWith("+++ ") === true);
}

function parseHunk(text: PatchText): Result<Hunk, PatchProblem> {
  const startLine = text.lineNumber;
  const header = hunkHeader.exec(text.take() ?? "");
  if (header === null) return err({ line: startLine, message: "a hunk header should read like `@@ -12,3 +12,4 @@`" });
  const [, oldStart, oldCount = "1", newStart, newCount = "1"] = header;
  const ranges = { oldStart: Number(oldStart), oldCount: Number(oldCount), newStart: Number(newStart), newCount: Number(newCount) };
  const lines: HunkLine[] = [];
  let oldLine = ranges.oldStart;
  let newLine = ranges.newStart;
  const oldEnd = oldLine + ranges.oldCount;
  const newEnd = newLine + ranges.newCount;
  while (oldLine < oldEnd || newLine < newEnd) {
    const patchLine = text.lineNumber;
    const raw = text.peek();
    if (raw?.[0] === "\\") {
      markNoNewline(lines, text);
      continue;
    }
    const sign = signOf(raw);
    const takesOld = sign === " " || sign === "-";
    const takesNew = sign === " " || sign === "+";
    if (raw === undefined || sign === null || (takesOld && oldLine >= oldEnd) || (takesNew && newLine >= newEnd)) {
      return err({ line: patchLine, message: `the hunk that begins at line ${startLine} does not have the lines that its header says` });
    }
    text.take();
    lines.push({
      sign,
      text: raw.slice(1),
      oldLine: takesOld ? oldLine++ : null,
      newLine: takesNew ? newLine++ : null,
      patchLine,
      noNewline: false,
    });
  }
  if (text.peek()?.startsWith("\\")) markNoNewline(lines, text);
  return ok({ ...ranges, lines });
}

/** Mailers cut the blank of an empty context line, so an empty line counts as one. */
function signOf(raw: string | undefined): HunkLine["sign"] | null {
  if (raw === undefined) return null;
  const sign = raw === "" || raw === "\r" ? " " : raw[0];
  return sign === " " || sign === "+" || sign === "-" ? sign : null;
}

/** `\ No newline at end of file`, in whatever language git spoke, is about the line before it. */
function markNoNewline(lines: HunkLine[], text: PatchText): void {
  text.take();
  const last = lines.at(-1);
  if (last !== undefined) last.noNewline = true;
}
