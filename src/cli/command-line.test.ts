import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { putLineage, putOrigin, inventedLineage, openTemporaryRun } from "../journey/stored-lineage.conformance.ts";
import { failure } from "../records/failure.ts";
import { failedOutcomeKey } from "../records/lineage.ts";

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
  expect(inherited.stderr).toContain('There is no command "constructor"');
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

test("show names every lineage's last state, and a record or a sample by the beginning of its id", async () => {
  await using stores = await openTemporaryRun();
  const { run } = stores;
  await putOrigin(run);
  const lineage = inventedLineage(0);
  const problem = failure({ boundary: "sandbox", code: "sandbox-died", message: "It died.", retryable: true });
  await run.ledger.put("outcome", failedOutcomeKey(lineage.key, 1), {
    version: 1,
    lineage: lineage.key,
    state: "failed",
    stage: "first-rollout",
    failure: problem,
    tries: 1,
  });
  await putLineage(run, lineage);
  const [all, one, sample, none, ambiguous] = await Promise.all([
    call(["show", run.dir]),
    call(["show", run.dir, lineage.key.slice(0, 12), "--json"]),
    call(["show", run.dir, "--json", await sampleId(run.dir)]),
    call(["show", run.dir, "zzz"]),
    call(["show", run.dir, ""]),
  ]);
  expect(all.stdout).toMatch(new RegExp(`${lineage.key.slice(0, 12)}  kept`));
  expect(one.stdout).toContain(`"position":0`);
  expect(JSON.parse(sample.stdout)).toMatchObject({ kind: "rollout", record: { kind: "t1" } });
  expect(none).toMatchObject({ status: 2 });
  expect(ambiguous.stderr).toMatch(/write more of it/);
});

/** The id of the first sample, as a dataset of the run says it. */
async function sampleId(run: string): Promise<string> {
  const exported = await call(["dataset", "export", run, "--format", "canonical", "--out", "out", "--json"]);
  const { files } = JSON.parse(exported.stdout) as { files: { path: string }[] };
  const first = readFileSync(files[0]?.path ?? "", "utf8").split("\n")[0] ?? "";
  return (JSON.parse(first) as { id: string }).id;
}
