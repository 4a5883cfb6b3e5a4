/** Whether a path in the build context, without a slash at its front, is left out. */
export type Ignores = (path: string) => boolean;

interface Rule {
  readonly isException: boolean;
  readonly pattern: RegExp;
}

/**
 * What a `.dockerignore` leaves out, as docker's own client has it: rules in order, the last that matches a path or a folder above it decides.
 * Unlike in a `.gitignore` a pattern begins at the root, and an exception brings back what lies in an excluded folder. The error is
 * the rule that cannot be read.
 */
export function parseDockerignore(
  text: string,
): { readonly ok: true; readonly value: Ignores } | { readonly ok: false; readonly error: string } {
  const rules: Rule[] = [];
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    if (line.startsWith("#") || line.trim() === "") continue;
    const rule = ruleOf(line.trim());
    if (rule === null) return { ok: false, error: line.trim() };
    rules.push(rule);
  }
  return { ok: true, value: (path) => isIgnored(path, rules) };
}

function isIgnored(path: string, rules: readonly Rule[]): boolean {
  const parts = path.split("/");
  const all = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  const last = rules.findLast(({ pattern }) => all.some((one) => pattern.test(one)));
  return last !== undefined && !last.isException;
}

function ruleOf(line: string): Rule | null {
  const isException = line.startsWith("!");
  const path = cleaned(isException ? line.slice(1).trim() : line);
  if (isException && path === ".") return null;
  try {
    return { isException, pattern: new RegExp(`^${regularExpression(path)}$`, "us") };
  } catch {
    return null;
  }
}

/** Without `.`, `..` where that can be told, double slashes, and a slash at either end. */
function cleaned(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split("/")) {
    if (part === "" || part === ".") continue;
    const canRise = parts.length > 0 && parts.at(-1) !== "..";
    if (part === ".." && canRise) parts.pop();
    else if (part !== ".." || !pattern.startsWith("/")) parts.push(part);
  }
  return parts.length === 0 ? "." : parts.join("/");
}

const token = /\*\*\/?|\*|\?|\\(.)|\\$|\[(?:\\.|[^\]\\])*\]|[\s\S]/gsu;

function regularExpression(pattern: string): string {
  return pattern.replace(token, (found, escaped: string | undefined, at: number) => {
    if (found.startsWith("**")) return at + found.length === pattern.length ? ".*" : "(?:.*/)?";
    if (found === "*") return "[^/]*";
    if (found === "?") return "[^/]";
    if (escaped !== undefined) return RegExp.escape(escaped);
    if (found.length > 1 && found.startsWith("[")) return characterClass(found);
    if (found === "[" || found === "\\") throw new Error("a pattern that breaks off");
    return RegExp.escape(found);
  });
}

function characterClass(text: string): string {
  const inner = text.slice(1, -1);
  const negated = inner.startsWith("^");
  const body = (negated ? inner.slice(1) : inner).replace(/\\(.)|[[\]\\&|~^]/gsu, (found, escaped: string | undefined) => {
    return RegExp.escape(escaped ?? found);
  });
  if (body === "") throw new Error("an empty class");
  return `[${negated ? "^" : ""}${body}]`;
}
