import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const launcher = join(import.meta.dirname, "..", "..", "bin", "apprentice.js");
const patch = (added: readonly string[]): string =>
  `diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,${added.length} @@\n-old\n${added.map((line) => `+${line}\n`).join("")}`;

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "compare-"));
  file = join(folder, "a.diff");
  writeFileSync(file, patch(["one", "two", "three"]));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function compare(args: readonly string[], input: string): Promise<Ended> {
  const child = spawn(process.execPath, [launcher, "compare", ...args], { stdio: "pipe" });
  // A command that refuses does not read.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [stdout, stderr, [status]] = await Promise.all([
    Array.fromAsync(child.stdout),
    Array.fromAsync(child.stderr),
    once(child, "close"),
  ]);
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

test("either patch may come from standard input", async () => {
  const [second, first] = await Promise.all([
    compare([file, "-", "--json"], patch(["one"])),
    compare(["-", file, "--json"], patch(["one"])),
  ]);
  expect(JSON.parse(second.stdout)).toMatchObject({ recall: 0.5, precision: 1, firstLines: 4, secondLines: 2 });
  expect(JSON.parse(first.stdout)).toMatchObject({ recall: 1, precision: 0.5, firstLines: 2, secondLines: 4 });
  expect([second.status, first.status]).toEqual([0, 0]);
});

test("both cannot, and what is no patch is named as standard input", async () => {
  const [both, junk] = await Promise.all([compare(["-", "-"], patch(["one"])), compare([file, "-"], "junk\n")]);
  expect(both).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^Only one of the two patches[^\n]*\n$/) });
  expect(junk).toEqual({ status: 2, stdout: "", stderr: expect.stringMatching(/^standard input:1: [^\n]*\n$/) });
});
