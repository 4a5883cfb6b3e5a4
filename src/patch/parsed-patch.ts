/** Why text could not be read as a diff. `line` is 1-based; `message` is one sentence for a person, without the line number. */
export interface PatchProblem {
  readonly line: number;
  readonly message: string;
}

/**
 * One line of a hunk. `text` is without its sign and line end and holds one byte a code unit (latin1), so that lines whose bytes
 * are no valid UTF-8 never become equal: `displayText` makes it readable. `oldLine` and `newLine` are 1-based numbers in the
 * file, null on the side that lacks the line; `patchLine` is the 1-based number in the patch.
 */
export interface HunkLine {
  readonly sign: " " | "+" | "-";
  readonly text: string;
  readonly oldLine: number | null;
  readonly newLine: number | null;
  readonly patchLine: number;
  /** The file ends with this line, without a newline. */
  noNewline: boolean;
}

export interface Hunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  readonly lines: readonly HunkLine[];
}

/**
 * What a patch does to one file. `oldPath` is null for an added file, `newPath` for a deleted one; a copied file has both.
 * Modes are git's octal digits, null where the patch does not say. Bytes of binary changes are not kept.
 */
export interface ParsedFile {
  readonly kind: "modified" | "added" | "deleted" | "renamed" | "copied";
  readonly oldPath: string | null;
  readonly newPath: string | null;
  readonly oldMode: string | null;
  readonly newMode: string | null;
  readonly binary: boolean;
  readonly submodule: boolean;
  readonly hunks: readonly Hunk[];
}

export interface ParsedPatch {
  readonly files: readonly ParsedFile[];
}
