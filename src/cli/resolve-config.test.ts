import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { CommandEnd } from "./command.ts";
import { resolveConfig } from "./resolve-config.ts";
import type { RunFlags } from "./run-flags.ts";

let folder = "";
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "resolve-")));
});
afterEach(() => rmSync(folder, { recursive: true }));

function fileOf(text: string, name = "my.yaml"): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** The sentence that refuses these flags; its status is that of a usage error. */
async function refusalOf(flags: RunFlags): Promise<string> {
  const refused: unknown = await resolveConfig(flags).catch((error: unknown) => error);
  if (!(refused instanceof CommandEnd)) throw new Error(`not refused: ${JSON.stringify(refused)}`);
  expect(refused.status).toBe(2);
  return refused.message;
}

const scripted = "repositories: [{path: repo}]\nteachers: [{kind: scripted, latencyMs: 7, faults: {cut: 0.2}}]\n";
const endpoint =
  "repositories: [{path: repo}]\nteachers: [{kind: endpoint, baseUrl: 'http://127.0.0.1:9/v1', model: m, apiKey: env:OLD, prices: {inputPerMtok: 1, cachedPerMtok: 1, outputPerMtok: 1}}]\n";

test("flags win over the file, the file over defaults", async () => {
  const config = fileOf(`${scripted}seed: 3\nconcurrency: 5\nrollout: {maxSteps: 9, context: 1000}\n`);
  const resolved = await resolveConfig({ config, seed: 4, maxSteps: 8, budgetUsd: 2.5 });
  expect(resolved).toMatchObject({
    seed: 4,
    concurrency: 5,
    budgetUsd: 2.5,
    lineages: 20,
    rollout: { maxSteps: 8, context: 1000, temperature: 0.6 },
  });
});

test("paths of the file are relative to the file, those of flags to where we are, and links are followed", async () => {
  mkdirSync(join(folder, "real"));
  symlinkSync(join(folder, "real"), join(folder, "repo"));
  const config = fileOf(
    "repositories: [{path: repo, demonstrations: d.jsonl}, {path: other, demonstrations: history}]\nteachers: [{kind: scripted}]\nsandbox: {image: root.tar}\n",
  );
  const resolved = await resolveConfig({ config });
  expect(resolved.repositories.map(({ path, demonstrations }) => [path, demonstrations])).toEqual([
    [join(folder, "real"), join(folder, "d.jsonl")],
    [join(folder, "other"), "history"],
  ]);
  expect(resolved.sandbox.image).toBe(join(folder, "root.tar"));
  const flagged = await resolveConfig({ config, repo: ["src"], image: "img" });
  expect(flagged.repositories.map(({ path }) => path)).toEqual([join(process.cwd(), "src")]);
  expect(flagged.sandbox.image).toBe(join(process.cwd(), "img"));
});

test("an image of docker is a path where it looks like one, else a name", async () => {
  const imageOf = async (image: string): Promise<string | null> =>
    (await resolveConfig({ repo: ["."], teacher: "scripted", sandbox: "docker", image })).sandbox.image;
  for (const name of ["debian:12", "ghcr.io/org/app@sha256:0123", "localhost:5000/app"]) expect(await imageOf(name)).toBe(name);
  for (const path of ["image.tar", "./rootfs", "../image.tar.gz", "sub/app.tgz"])
    expect(await imageOf(path)).toBe(join(process.cwd(), path));
});

test("--commits and --hold-out are of every repository, from flags or from the file", async () => {
  const config = fileOf("repositories: [{path: a}, {path: b, commits: 9}]\nteachers: [{kind: scripted}]\n");
  const ofFile = await resolveConfig({ config, commits: 2, holdOut: "none" });
  const ofFlags = await resolveConfig({ repo: ["a", "b"], teacher: "scripted", commits: 2, holdOut: "none" });
  for (const { repositories } of [ofFile, ofFlags]) {
    expect(repositories.map(({ commits, holdOut }) => [commits, holdOut])).toEqual([
      [2, "none"],
      [2, "none"],
    ]);
  }
});

test("an existing run goes on with its own settings, unless a repository or a config is named", async () => {
  const run = join(folder, "run");
  mkdirSync(run);
  writeFileSync(join(run, "config.yaml"), `${scripted}seed: 77\n`);
  expect((await resolveConfig({ run })).seed).toBe(77);
  expect((await resolveConfig({ run, lineages: 99 })).lineages).toBe(99);
  expect((await resolveConfig({ run, repo: ["."], teacher: "scripted" })).seed).toBe(0);
  expect((await resolveConfig({ run, config: fileOf(`${scripted}seed: 5\n`) })).seed).toBe(5);
});

test("what was resolved resolves to itself, as the run's own file does", async () => {
  const first = await resolveConfig({ config: fileOf(`${endpoint}lineages: 3\n`), context: 5000 });
  mkdirSync(join(folder, "run"));
  writeFileSync(join(folder, "run", "config.yaml"), stringify(first));
  expect(await resolveConfig({ run: join(folder, "run") })).toEqual(first);
});

test("flags of an endpoint stand in the place of another teacher, and the other way round", async () => {
  const model = { kind: "endpoint", baseUrl: "http://127.0.0.1:1", model: "x", apiKey: null };
  expect((await resolveConfig({ config: fileOf(scripted), baseUrl: ["http://127.0.0.1:1"], model: "x" })).teachers).toMatchObject([model]);
  expect((await resolveConfig({ config: fileOf(endpoint), teacher: "scripted" })).teachers).toEqual([
    { kind: "scripted", latencyMs: 0, faults: {} },
  ]);
  expect((await resolveConfig({ config: fileOf(scripted), teacher: "scripted" })).teachers).toEqual([
    { kind: "scripted", latencyMs: 7, faults: { cut: 0.2 } },
  ]);
});

test("a key goes to no other address than it was written for, and prices stay with their model", async () => {
  const config = fileOf(endpoint);
  expect((await resolveConfig({ config, temperature: 1 })).teachers).toMatchObject([{ apiKey: "env:OLD", prices: { inputPerMtok: 1 } }]);
  expect((await resolveConfig({ config, baseUrl: ["http://127.0.0.1:9/v1"] })).teachers).toMatchObject([{ apiKey: "env:OLD" }]);
  expect((await resolveConfig({ config, baseUrl: ["http://elsewhere:9"] })).teachers).toMatchObject([
    { apiKey: null, model: "m", prices: { inputPerMtok: 1 } },
  ]);
  expect((await resolveConfig({ config, baseUrl: ["http://elsewhere:9"], apiKeyEnv: "NEW" })).teachers).toMatchObject([
    { apiKey: "env:NEW" },
  ]);
  expect((await resolveConfig({ config, model: "n" })).teachers).toMatchObject([{ apiKey: "env:OLD", model: "n", prices: null }]);
});

const flagged: readonly [string, RunFlags, RegExp][] = [
  ["--lineages", { lineages: 0 }, /^--lineages: 0 is not allowed: write a whole number of at least 1\.$/],
  ["--concurrency", { concurrency: 1.5 }, /^--concurrency: .*whole number/],
  ["--budget-usd", { budgetUsd: -1 }, /^--budget-usd: /],
  ["--seed", { seed: -1 }, /^--seed: /],
  ["--temperature", { temperature: 3 }, /^--temperature: 3 is not allowed: write a number from 0 to 2\.$/],
  ["--max-steps", { maxSteps: 0 }, /^--max-steps: /],
  ["--context", { context: 0 }, /^--context: /],
  ["--sandbox", { sandbox: "jail" }, /^--sandbox: .*bubblewrap/],
  ["--toolset", { toolset: "none" }, /^--toolset: .*sera/],
  ["--commits", { commits: 0 }, /^--commits: /],
  ["--hold-out", { holdOut: -1 }, /^--hold-out: /],
  ["--teacher", { teacher: "gpt" }, /^--teacher: only scripted/],
];

test.each(flagged)("a wrong value of %s is told by that name", async (_, flags, sentence) => {
  expect(await refusalOf({ repo: ["."], teacher: "scripted", ...flags })).toMatch(sentence);
});

const ofModels: readonly [string, RunFlags, RegExp][] = [
  ["--dialect", { dialect: "smoke-signals" }, /^--dialect: .*openai-chat/],
  ["--api-key-env", { apiKeyEnv: "sk-0123456789" }, /^--api-key-env: .*environment variable/],
  ["--base-url that is none", { baseUrl: ["localhost:8000"] }, /^--base-url: .*http/],
  ["--base-url with a key in it", { baseUrl: ["http://user:sk-0123456789@h/v1"] }, /^--base-url: .*no user name or password/],
];

test.each(ofModels)("a wrong %s is told by that name and not repeated", async (_, flags, sentence) => {
  const refusal = await refusalOf({ repo: ["."], baseUrl: ["http://h:1"], model: "m", ...flags });
  expect(refusal).toMatch(sentence);
  expect(refusal).not.toContain("0123456789");
});

test("a wrong base URL of the file is told with its place", async () => {
  const config = fileOf("repositories: [{path: .}]\nteachers:\n  - kind: endpoint\n    baseUrl: ftp://h\n    model: m\n");
  expect(await refusalOf({ config })).toMatch(/my\.yaml:4:5: The base URL/);
});

test("what is missing is asked for with the flags that give it", async () => {
  expect(await refusalOf({ repo: ["."] })).toMatch(/No teacher is named.*--base-url.*--teacher scripted/);
  expect(await refusalOf({ config: fileOf("repositories: [{path: .}]\n") })).toMatch(/No teacher is named/);
  expect(await refusalOf({ config: fileOf("teachers: [{kind: scripted}]\n"), commits: 3 })).toMatch(/No repository is named.*--repo/);
  expect(await refusalOf({ repo: ["."], model: "m" })).toMatch(/no address.*--base-url/);
  expect(await refusalOf({ repo: ["."], baseUrl: ["http://h:1"] })).toMatch(/model is not named: give --model NAME/);
  expect(await refusalOf({ config: fileOf("repositores: [{path: .}]\nteachers: [{kind: scripted}]\n") })).toMatch(
    /did you mean "repositories"/,
  );
});

test("settings that do not go together are refused", async () => {
  expect(await refusalOf({ repo: ["."], baseUrl: ["http://h:1"], model: "m", sandbox: "none" })).toMatch(/sandbox none/);
  expect(await refusalOf({ repo: ["."], teacher: "scripted", model: "m" })).toMatch(/--teacher .*--model/);
  expect((await resolveConfig({ repo: ["."], teacher: "scripted", sandbox: "none" })).sandbox.kind).toBe("none");
  const cpus = fileOf("repositories: [{path: .}]\nteachers: [{kind: scripted}]\nsandbox: {cpus: 2}\n");
  expect(await refusalOf({ config: cpus })).toMatch(/bubblewrap cannot bound processors.*--sandbox docker/);
  expect((await resolveConfig({ config: cpus, sandbox: "docker" })).sandbox.cpus).toBe(2);
});

test("faults that the scripted teacher does not know, or too many of them, are refused", async () => {
  const faulty = (faults: string): string => fileOf(`repositories: [{path: .}]\nteachers: [{kind: scripted, faults: ${faults}}]\n`);
  expect(await refusalOf({ config: faulty("{cutt: 0.1}") })).toMatch(/my\.yaml:2:.*unknown fault "cutt".*"cut"/);
  expect(await refusalOf({ config: faulty("{cut: 0.7, stall: 0.7}") })).toMatch(/sum/);
});
