/**
 * A path inside a repository as its bytes, one character (0 to 255) a byte, parts joined by "/". Git's names are bytes, of
 * which UTF-8 is only the custom; as strings of bytes they compare, sort and serve as keys as git's do.
 */
export type PathBytes = string;

export function pathBytes(text: string): PathBytes {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** For the file system, whose names are bytes too. */
export function bytesOf(path: PathBytes): Buffer {
  return Buffer.from(path, "latin1");
}

/** `a`, `a/b` for `a/b/c`. */
export function foldersAbove(path: PathBytes): PathBytes[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Longer names exist on no file system that a sandbox could have had them from. */
const longestName = 255;
const longestPath = 3500;

/**
 * A path from an exported tree in its plain form ("" is the workspace itself), or null when it cannot be taken: it leaves the
 * workspace, is absolute, has a part `.git` in any case, or is longer than a file system allows.
 */
export function exportedPath(raw: PathBytes): PathBytes | null {
  if (raw.startsWith("/") || raw.includes("\0")) return null;
  const parts = raw.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.some((part) => part === ".." || part.toLowerCase() === ".git" || part.length > longestName)) return null;
  const path = parts.join("/");
  return path.length > longestPath ? null : path;
}
