import { isAscii } from "./patch-text.ts";

/** Paths as a header line writes them, still with their prefixes. */
export interface RawPaths {
  readonly old: string;
  readonly new: string;
}

/**
 * The two paths of `diff --git OLD NEW`. Unquoted paths may hold spaces, so the line alone can be ambiguous; git relies on
 * both being the same but for their prefixes, and so does this. Null where they cannot be told apart.
 */
export function splitGitLine(rest: string): RawPaths | null {
  if (rest.startsWith('"')) {
    const first = readQuoted(rest);
    if (first === null || rest[first.end] !== " ") return null;
    return { old: first.path, new: unquotePath(rest.slice(first.end + 1)) };
  }
  const quotedAt = rest.indexOf(' "');
  if (quotedAt > 0 && rest.endsWith('"')) return { old: rest.slice(0, quotedAt), new: unquotePath(rest.slice(quotedAt + 1)) };
  return halves(rest) ?? splitAtOnly(rest, " ", 1) ?? splitAtOnly(rest, " b/", 1);
}

function halves(rest: string): RawPaths | null {
  const middle = (rest.length - 1) / 2;
  if (!Number.isInteger(middle) || rest[middle] !== " ") return null;
  const paths = { old: rest.slice(0, middle), new: rest.slice(middle + 1) };
  const same = paths.old === paths.new || (arePrefixed(paths) && paths.old.slice(2) === paths.new.slice(2));
  return same ? paths : null;
}

function splitAtOnly(rest: string, separator: string, keepFrom: number): RawPaths | null {
  const at = rest.indexOf(separator);
  if (at <= 0 || rest.indexOf(separator, at + 1) !== -1) return null;
  return { old: rest.slice(0, at), new: rest.slice(at + keepFrom) };
}

/**
 * Do both paths carry git's prefixes (`a/` and `b/`, or the mnemonic ones)? They differ from each other, which is how a patch
 * made with `--no-prefix` in a folder called `a` is told apart.
 */
export function arePrefixed(paths: RawPaths): boolean {
  const marks = /^[abciow12]\//;
  return marks.test(paths.old) && marks.test(paths.new) && paths.old[0] !== paths.new[0];
}

/** The path of a `---` or `+++` line: up to the tab before a time stamp, or quoted. */
export function labelPath(label: string): string {
  if (label.startsWith('"')) return unquotePath(label);
  const tab = label.indexOf("\t");
  return tab === -1 ? label : label.slice(0, tab);
}

/** A path as git writes it, with the C-style quoting taken off if there is any. */
export function unquotePath(text: string): string {
  return text.startsWith('"') ? (readQuoted(text)?.path ?? text) : text;
}

const escapes: Readonly<Record<string, string>> = { a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r" };

/** Reads a quoted path at the start of the text; `end` is the place after the closing quote. */
function readQuoted(text: string): { readonly path: string; readonly end: number } | null {
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(text);
  if (quoted?.[1] === undefined) return null;
  const path = quoted[1].replaceAll(/\\([0-7]{3}|.)/gs, (_, escape: string) =>
    escape.length === 3 ? String.fromCharCode(Number.parseInt(escape, 8) & 0xff) : (escapes[escape] ?? escape),
  );
  return { path, end: quoted[0].length };
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of a path as text; a path that is no UTF-8 keeps its odd bytes as git's octal escapes, so different paths stay different. */
export function decodePath(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  try {
    return strictUtf8.decode(Buffer.from(bytes, "latin1"));
  } catch {
    return bytes.replaceAll(/[\x80-\xff]/g, (byte) => `\\${byte.charCodeAt(0).toString(8)}`);
  }
}
