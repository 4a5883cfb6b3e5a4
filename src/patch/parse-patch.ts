import { err, ok, type Result } from "../base/result.ts";
import { parseGitFile, parsePlainFile } from "./parse-file.ts";
import type { ParsedFile, ParsedPatch, PatchProblem } from "./parsed-patch.ts";
import { decodePath } from "./patch-path.ts";
import { PatchText } from "./patch-text.ts";

/**
 * Reads a diff as git writes it, and plain unified diffs. Hunks are counted by their headers. Text before, between and after
 * files (mail headers, log messages, signatures) is passed over; blank text is a patch of no files. Linear time.
 */
export function parsePatch(patch: Uint8Array | string): Result<ParsedPatch, PatchProblem> {
  if (typeof patch !== "string" && isUtf16(patch)) {
    return err({ line: 1, message: "this patch is stored as UTF-16; store it as UTF-8" });
  }
  const text = new PatchText(patch);
  const files: ParsedFile[] = [];
  while (!text.done) {
    const file = nextFile(text);
    if (!file.ok) return file;
    if (file.value !== null) files.push(file.value);
  }
  if (files.length === 0 && !text.isBlank) {
    return err({ line: 1, message: "this is not a diff: no line begins a file (`diff --git`, or `---` followed by `+++`)" });
  }
  return ok({ files });
}

/** The file that begins at this line, or null where the line is other text, which is passed over. */
function nextFile(text: PatchText): Result<ParsedFile | null, PatchProblem> {
  const line = text.peek() ?? "";
  if (line.startsWith("diff --git ")) {
    text.beginSection();
    return parseGitFile(text);
  }
  if (line.startsWith("--- ") && text.peek(1)?.startsWith("+++ ")) {
    text.beginSection();
    return parsePlainFile(text);
  }
  if (/^diff --(cc|combined) /.test(line)) {
    return err({ line: text.lineNumber, message: "this is the combined diff of a merge; make a diff against one parent" });
  }
  if (/^@@ -\d/.test(line))
    return err({ line: text.lineNumber, message: "this hunk belongs to no file: there is no `---` and `+++` before it" });
  const other = binaryFile(line) ?? submoduleFile(line);
  text.take();
  return ok(other);
}

/** What `diff -r` says of binary files, outside any section of git's. */
function binaryFile(line: string): ParsedFile | null {
  const path = /^Binary files .+ and (.+) differ\r?$/.exec(line)?.[1];
  return path === undefined ? null : fileWithoutLines(path.replace(/^b\//, ""), { binary: true });
}

/** What `git diff --submodule=log` writes instead of a section. */
function submoduleFile(line: string): ParsedFile | null {
  const path = /^Submodule (.+) [0-9a-f]{4,40}\.{2,3}[0-9a-f]{4,40}\b/.exec(line)?.[1];
  return path === undefined ? null : fileWithoutLines(path, { submodule: true });
}

function fileWithoutLines(bytes: string, marks: Partial<ParsedFile>): ParsedFile {
  const path = decodePath(bytes);
  const none = { oldMode: null, newMode: null, binary: false, submodule: false, hunks: [] };
  return { kind: "modified", oldPath: path, newPath: path, ...none, ...marks };
}

function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}
