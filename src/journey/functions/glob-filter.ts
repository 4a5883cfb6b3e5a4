import { matchesGlob } from "node:path";

/**
 * True for paths that one of the patterns takes. A pattern is matched with the whole path, as a folder that holds it, and,
 * when it has no "/", at any depth: `*.ts`, `src/**`, `src`, `{lib,src}/*.py`. Names that begin with a dot are names like others.
 */
export function globFilter(patterns: readonly string[]): (path: string) => boolean {
  const globs = patterns.flatMap(spellings).map(hideDots);
  return (path) => {
    const hidden = hideDots(path);
    return globs.some((glob) => matchesGlob(hidden, glob));
  };
}

function spellings(pattern: string): string[] {
  const plain = pattern.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
  const rooted = plain.includes("/") || pattern.startsWith("/") || pattern.startsWith("./") ? [plain] : [plain, `**/${plain}`];
  return rooted.flatMap((glob) => (glob.endsWith("**") ? [glob] : [glob, `${glob}/**`]));
}

/** `matchesGlob` lets no star take a leading dot; behind another character it does. */
function hideDots(text: string): string {
  return text.replaceAll(/(^|[/{,])\./g, "$1\u0001.");
}
