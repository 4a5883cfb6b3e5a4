import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const launcher = join(import.meta.dirname, "..", "..", "bin", "apprentice.js");

interface Ended {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "command-line-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function call(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    Array.fromAsync(child.stdout),
    Array.fromAsync(child.stderr),
    once(child, "close"),
  ]);
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

test("a command that is not there names the nearest, also where JavaScript knows the word", async () => {
  const [typo, inherited] = await Promise.all([call(["genrate"]), call(["constructor"])]);
  expect(typo).toMatchObject({ status: 2, stdout: "" });
  expect(typo.stderr).toContain('did you mean "generate"?');
  expect(inherited).toMatchObject({ status: 2 });
  expect(inherited.stderr).toContain('There is no command "constructor". `');
});

test("an unknown flag is a usage error, help and version are none", async () => {
  const [flag, help, version] = await Promise.all([call(["config", "--lineage", "3"]), call(["--help"]), call(["--version"])]);
  expect(flag).toMatchObject({ status: 2, stdout: "" });
  expect(flag.stderr).toContain("--lineages");
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toContain("generate");
  expect(version.stdout).toMatch(/^apprentice \d+\.\d+\.\d+\n$/);
});

test("config prints what generate would use: one JSON object, secrets by name, escapes shown and not obeyed", async () => {
  writeFileSync(
    join(folder, "apprentice.yaml"),
    'repositories: [{path: "a\\u001b[31mb"}]\nteachers: [{kind: endpoint, baseUrl: "http://h:1", model: m, apiKey: env:SOME_KEY}]\n',
  );
  const ended = await call(["config", "--json", "--seed", "9"], { SOME_KEY: "sk-0123456789" });
  expect(ended.status).toBe(0);
  const config: unknown = JSON.parse(ended.stdout);
  expect(config).toMatchObject({
    seed: 9,
    teachers: [{ apiKey: "env:SOME_KEY" }],
    repositories: [{ path: expect.stringContaining("a\u001b[31mb") }],
  });
  expect(ended.stdout + ended.stderr).not.toContain("0123456789");
  expect(ended.stdout).not.toContain("\u001b");
});

test("a key whose variable is not set is asked for by its name", async () => {
  const args = ["generate", "--repo", ".", "--base-url", "http://127.0.0.1:9", "--model", "m", "--api-key-env", "NOT_SET_HERE"];
  const ended = await call(args, { NOT_SET_HERE: " \n" });
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toMatch(/NOT_SET_HERE is not set/);
});
