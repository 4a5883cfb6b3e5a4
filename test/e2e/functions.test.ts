import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwrap } from "../../src/base/result.ts";
import { createScrubber } from "../../src/base/secret.ts";
import { openLocalRun } from "../../src/ledger/local/local-run.ts";
import { call, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

/** A repository of twenty commits whose newest two, held out by default, add many functions. */
function grownRepository(path: string): string {
  smallRepository(path, 18);
  const names = Array.from({ length: 30 }, (_, index) => `late_${index}`);
  const late = names.map((name) => `def ${name}(value):\n    total = value + 1\n    return total\n`).join("\n\n");
  mkdirSync(join(path, "late"));
  for (const name of ["one", "two"]) {
    writeFileSync(join(path, "late", `${name}.py`), late);
    execFileSync("git", ["add", "-A"], { cwd: path });
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-qm", name], { cwd: path });
  }
  return path;
}

const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

async function drawnByGenerate(repository: string, run: string, flags: readonly string[]): Promise<unknown[]> {
  const scripted = ["--teacher", "scripted", "--sandbox", "none", "--lineages", "6"];
  const ended = await call(["generate", "--repo", repository, "--run", run, ...scripted, ...flags]);
  expect([ended.status, ended.stderr]).toEqual([0, expect.anything()]);
  await using store = unwrap(await openLocalRun({ dir: run, scrubber: createScrubber([]), write: false }));
  const lineages = await Array.fromAsync(store.ledger.list("lineage"), ({ record }) => record);
  return lineages.toSorted((a, b) => a.position - b.position).map(({ site }) => site);
}

test.each([[], ["--hold-out", "1"], ["--hold-out", "none"]])(
  "functions --sample lists what generate draws (%s %s)",
  { timeout: 120_000 },
  async (...holdOut) => {
    await using folder = await temporaryFolder();
    const repository = grownRepository(join(folder.path, "repository"));
    const flags = ["--seed", "5", ...holdOut];
    const listed = await call(["functions", repository, "--sample", "6", "--json", ...flags]);
    expect(lines(listed.stdout)).toEqual(await drawnByGenerate(repository, join(folder.path, "run"), flags));
    expect(listed.stderr).toContain(
      holdOut.length === 0
        ? "the newest 2 of 20 commits are held out"
        : holdOut[1] === "1"
          ? "the newest of 20 commits is held out"
          : "nothing is held out",
    );
    expect(listed.stdout.includes("late_")).toBe(holdOut.length > 0);
  },
);

test("functions --left-out lists each thing that is left out with its reason, for people and as JSON", async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"), 1);
  const files = { "tests/test_a.py": "def a():\n    return 1\n", "app/stubs.py": "def b(): ...\n\n\ndef c():\n    pass\n" };
  mkdirSync(join(repository, "tests"));
  for (const [name, text] of Object.entries({
    ...files,
    "app/broken.py": "def fine():\n    return 1\n\n\ndef (:\n",
    "app/two\nlines.txt": "x",
  }))
    writeFileSync(join(repository, name), text);
  execFileSync("git", ["add", "-A"], { cwd: repository });
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-qm", "More"], { cwd: repository });
  const [json, text] = await Promise.all([
    call(["functions", repository, "--left-out", "--json"]),
    call(["functions", repository, "--left-out"]),
  ]);
  expect([json.status, lines(json.stdout)]).toEqual([
    0,
    [
      { path: "app/broken.py", reason: "syntax-errors", functions: null },
      { path: "app/stubs.py", reason: "stub", functions: 2 },
      { path: "app/two\nlines.txt", reason: "unknown-language", functions: null },
      { path: "tests/test_a.py", reason: "test", functions: null },
    ],
  ]);
  expect(text.stdout.split("\n")).toEqual([
    "app/broken.py  syntax-errors (what parsed is listed)",
    "app/stubs.py  stub (2 functions)",
    String.raw`app/two\nlines.txt  unknown-language`,
    "tests/test_a.py  test",
    "",
  ]);
});

test.each([
  [["--sample", "2", "--left-out"], "leave one of them out"],
  [["--hold-out", "2"], "--hold-out is for --sample"],
  [["--sample", "2", "--hold-out", "1.5"], "whole number of at least 0, or none"],
  [["--sample", "2", "--hold-out", "99"], "99"],
])("functions refuses %j", async (flags, words) => {
  await using folder = await temporaryFolder();
  const ended = await call(["functions", smallRepository(join(folder.path, "repository"), 3), ...flags]);
  expect([ended.status, ended.stdout]).toEqual([2, ""]);
  expect(ended.stderr).toContain(words);
});

test("a repository in languages that nobody here reads gets one sentence that says so", async () => {
  await using folder = await temporaryFolder();
  const repository = join(folder.path, "repository");
  mkdirSync(repository);
  execFileSync("git", ["init", "-q"], { cwd: repository });
  writeFileSync(join(repository, "Main.hs"), "main = print 1\n");
  writeFileSync(join(repository, "page.vue"), "<script>export default { f() { return 1; } };</script>\n");
  execFileSync("git", ["add", "-A"], { cwd: repository });
  execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "-qm", "All"], { cwd: repository });
  const listed = await call(["functions", repository]);
  expect(listed.status).toBe(1);
  expect(listed.stderr).toMatch(/No functions were found: none of the files is in a language that Apprentice reads \(Python, .*Bash\)\.$/m);
  const run = join(folder.path, "run");
  const scripted = ["--teacher", "scripted", "--sandbox", "none", "--hold-out", "none"];
  const generated = await call(["generate", "--repo", repository, "--run", run, ...scripted]);
  expect(generated.status).toBe(1);
  expect(generated.stderr).toMatch(/No functions were found in .*: Apprentice reads Python, .*Bash;/);
});
