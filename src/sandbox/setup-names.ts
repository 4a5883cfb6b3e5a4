/** Whether a path, as bytes in latin1, is one of what set-up commands made, or lies in it. */
export function isOfSetup(path: string, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false;
  for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) if (names.has(path.slice(0, end))) return true;
  return names.has(path);
}

/** Lines for .git/info/exclude that hide exactly these paths. */
export function excludeLines(names: Iterable<string>): string {
  return [...names].map((name) => `/${name.replace(/[\\*?[\] ]/g, "\\$&")}\n`).join("");
}
