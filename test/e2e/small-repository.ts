import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A git repository with 15 functions in three languages, `times` times, and `commits` commits; the same every time. */
export function smallRepository(path: string, commits = 12, times = 1): string {
  const files: Record<string, string> = {};
  for (let time = 0; time < times; time++) {
    const part = time === 0 ? "" : `part${time}/`;
    files[`${part}app/prices.py`] = python(["net", "gross", "discount", "rounded"]);
    files[`${part}app/stock.py`] = python(["add", "remove", "count", "reorder"]);
    files[`${part}lib/text.ts`] = typescript(["trim", "join", "split", "fold"]);
    files[`${part}cmd/main.go`] = go(["Read", "Write", "Close"]);
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  const git = (...args: string[]): void => {
    const person = { GIT_AUTHOR_NAME: "T", GIT_AUTHOR_EMAIL: "t@localhost", GIT_COMMITTER_NAME: "T", GIT_COMMITTER_EMAIL: "t@localhost" };
    const dates = { GIT_AUTHOR_DATE: "1700000000 +0000", GIT_COMMITTER_DATE: "1700000000 +0000" };
    execFileSync("git", args, { cwd: path, stdio: "ignore", env: { ...process.env, ...person, ...dates } });
  };
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("commit", "-q", "-m", "Begin");
  for (let commit = 1; commit < commits; commit++) git("commit", "-q", "--allow-empty", "-m", `Note ${commit}`);
  return path;
}

function python(names: readonly string[]): string {
  return names
    .map((name) => `def ${name}(value, factor=1):\n    total = value * factor\n    if total < 0:\n        return 0\n    return total\n`)
    .join("\n\n");
}

function typescript(names: readonly string[]): string {
  return names
    .map(
      (name) =>
        `export function ${name}(text: string, mark = " "): string {\n  const parts = text.split(mark);\n  return parts.join(mark);\n}\n`,
    )
    .join("\n");
}

function go(names: readonly string[]): string {
  const functions = names.map((name) => `func ${name}(size int) int {\n\ttotal := size + 1\n\treturn total\n}\n`);
  return `package main\n\n${functions.join("\n")}`;
}
