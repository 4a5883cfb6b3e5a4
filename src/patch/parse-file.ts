import { err, ok, type Result } from "../base/result.ts";
import { parseHunks } from "./parse-hunk.ts";
import type { ParsedFile, PatchProblem } from "./parsed-patch.ts";
import { arePrefixed, decodePath, labelPath, splitGitLine, unquotePath, type RawPaths } from "./patch-path.ts";
import type { PatchText } from "./patch-text.ts";

const gitLine = "diff --git ";
const noFile = "/dev/null";
const submoduleMode = "160000";

/** What git's lines between `diff --git` and the hunks say. */
interface GitHeaders {
  oldMode: string | null;
  newMode: string | null;
  from: string | null;
  to: string | null;
  change: "added" | "deleted" | "renamed" | "copied" | null;
}

/** A section that begins with `diff --git`. */
export function parseGitFile(text: PatchText): Result<ParsedFile, PatchProblem> {
  const line = text.lineNumber;
  const pair = splitGitLine((text.take() ?? "").slice(gitLine.length));
  const headers: GitHeaders = { oldMode: null, newMode: null, from: null, to: null, change: null };
  while (readHeader(text.peek() ?? "", headers)) text.take();
  const labels = takeLabels(text);
  const binary = takeBinary(text);
  if (!binary.ok) return binary;
  const paths = gitPaths(headers, pair, labels);
  if (paths === null) return err({ line, message: "the two paths of this `diff --git` line cannot be told apart" });
  const hunks = parseHunks(text);
  if (!hunks.ok) return hunks;
  const { oldMode, newMode } = headers;
  const submodule = oldMode === submoduleMode || newMode === submoduleMode;
  return ok({ ...paths, oldMode, newMode, submodule, binary: binary.value, hunks: hunks.value });
}

/** A section of a plain unified diff: `---` and `+++` without a line of git's before them. */
export function parsePlainFile(text: PatchText): Result<ParsedFile, PatchProblem> {
  const labels = takeLabels(text);
  if (labels === null) throw new Error("called without --- and +++ lines");
  const hunks = parseHunks(text);
  if (!hunks.ok) return hunks;
  if (hunks.value.length === 0) return err({ line: text.lineNumber, message: "`---` and `+++` should be followed by a hunk (`@@ … @@`)" });
  const plain = { oldMode: null, newMode: null, submodule: false, binary: false, hunks: hunks.value };
  const bare = (path: string, prefix: string) => decodePath(path.startsWith(prefix) ? path.slice(2) : path);
  if (labels.old === noFile) return ok({ ...plain, kind: "added", oldPath: null, newPath: bare(labels.new, "b/") });
  if (labels.new === noFile) return ok({ ...plain, kind: "deleted", oldPath: bare(labels.old, "a/"), newPath: null });
  // One file under one name: `--- x.orig` and `+++ x` are no rename.
  const path = decodePath(arePrefixed(labels) ? labels.new.slice(2) : labels.new);
  return ok({ ...plain, kind: "modified", oldPath: path, newPath: path });
}

/** Reads one header line into `headers`; false where it is none. */
function readHeader(line: string, headers: GitHeaders): boolean {
  const header =
    /^(old mode|new mode|new file mode|deleted file mode|(?:rename|copy) (?:from|to)|(?:dis)?similarity index|index) (.+)$/.exec(line);
  if (header === null) return false;
  const [, name = "", value = ""] = header;
  if (name === "old mode" || name === "deleted file mode") headers.oldMode = value.trim();
  if (name === "new mode" || name === "new file mode") headers.newMode = value.trim();
  if (name === "index") readIndexMode(value, headers);
  if (name === "new file mode") headers.change = "added";
  if (name === "deleted file mode") headers.change = "deleted";
  if (name.startsWith("rename")) headers.change = "renamed";
  if (name.startsWith("copy")) headers.change = "copied";
  if (name.endsWith("from")) headers.from = unquotePath(value);
  if (name.endsWith("to")) headers.to = unquotePath(value);
  return true;
}

/** `index 1a2b..3c4d 100644`: the mode, where it is the same on both sides. */
function readIndexMode(value: string, headers: GitHeaders): void {
  const mode = / (\d{6})\s*$/.exec(value)?.[1];
  if (mode === undefined) return;
  headers.oldMode ??= mode;
  headers.newMode ??= mode;
}

function takeLabels(text: PatchText): RawPaths | null {
  const [oldLabel, newLabel] = [text.peek(), text.peek(1)];
  if (!oldLabel?.startsWith("--- ") || !newLabel?.startsWith("+++ ")) return null;
  text.take();
  text.take();
  return { old: labelPath(oldLabel.slice(4)), new: labelPath(newLabel.slice(4)) };
}

type FilePaths = Pick<ParsedFile, "kind" | "oldPath" | "newPath">;

function gitPaths(headers: GitHeaders, pair: RawPaths | null, labels: RawPaths | null): FilePaths | null {
  const { from, to, change } = headers;
  if (from !== null && to !== null && (change === "renamed" || change === "copied")) {
    return { kind: change, oldPath: decodePath(from), newPath: decodePath(to) };
  }
  const kind = change ?? (labels?.old === noFile ? "added" : labels?.new === noFile ? "deleted" : "modified");
  const raw = labelledPair(pair, labels);
  if (raw === null) return null;
  const cut = arePrefixed(pair ?? raw) ? 2 : 0;
  const oldPath = kind === "added" ? null : decodePath(raw.old.slice(cut));
  const newPath = kind === "deleted" ? null : decodePath(raw.new.slice(cut));
  // Without rename lines two names stand for one file (`git diff --no-index`).
  return kind === "modified" ? { kind, oldPath: newPath, newPath } : { kind, oldPath, newPath };
}

/** The names of the `---` and `+++` lines, which are never ambiguous, and of `diff --git` where those say nothing. */
function labelledPair(pair: RawPaths | null, labels: RawPaths | null): RawPaths | null {
  if (labels === null) return pair;
  const oldLabel = labels.old === noFile ? null : labels.old;
  const newLabel = labels.new === noFile ? null : labels.new;
  if (oldLabel !== null && newLabel !== null) return { old: oldLabel, new: newLabel };
  const known = oldLabel ?? newLabel;
  if (known === null) return pair;
  // Without a pair the missing side is taken to have the other one's usual prefix.
  return { old: oldLabel ?? pair?.old ?? known.replace(/^b\//, "a/"), new: newLabel ?? pair?.new ?? known.replace(/^a\//, "b/") };
}

/** True where a binary change comes next; its bytes are passed over. */
function takeBinary(text: PatchText): Result<boolean, PatchProblem> {
  const line = text.peek() ?? "";
  if (/^Binary files .* differ$/s.test(line)) {
    text.take();
    return ok(true);
  }
  if (line !== "GIT binary patch") return ok(false);
  text.take();
  for (let block = 0; block < 2; block++) {
    const header = text.peek() ?? "";
    if (!/^(literal|delta) \d+$/.test(header)) {
      if (block === 1) break;
      return err({ line: text.lineNumber, message: "a binary patch should go on with `literal` or `delta` and a size" });
    }
    text.take();
    const data = takeBinaryData(text);
    if (!data.ok) return data;
  }
  return ok(true);
}

/** Lines of a length letter and base 85, ended by an empty line. */
function takeBinaryData(text: PatchText): Result<null, PatchProblem> {
  for (;;) {
    const line = text.peek();
    if (line === undefined || line === "") {
      text.take();
      return ok(null);
    }
    if (!/^[A-Za-z](?:[!-~]{5})+$/.test(line)) return err({ line: text.lineNumber, message: "this line is no data of a binary patch" });
    text.take();
  }
}
