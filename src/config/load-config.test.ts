import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { Config } from "./config-schema.ts";
import { checkConfig, parseConfig, readConfigFile } from "./load-config.ts";

const file = "apprentice.yaml";

/** What is said against a config; "" where nothing is. */
function problemOf(text: string): string {
  const parsed = parseConfig(text, file);
  const checked = parsed.ok ? checkConfig(Config, parsed.value) : parsed;
  return checked.ok ? "" : checked.error.message;
}

const base = "repositories: [{path: .}]\n";
const scripted = `${base}teachers: [{kind: scripted}]\n`;

test("what is not written has its default", () => {
  const { value } = { value: unwrap(checkConfig(Config, unwrap(parseConfig(scripted, file)))) };
  expect(value).toMatchObject({
    concurrency: 8,
    seed: 0,
    budgetUsd: null,
    rollout: { temperature: 0.6, maxSteps: 115, deadlines: { commandMs: 300_000 } },
  });
});

const notYaml: readonly [string, string, string][] = [
  ["a bracket that is not closed", "a: 1\nb: [1, 2\nc: 3\n", `${file}:3:1: `],
  ["a tab as indentation", "a:\n\tb: 1\n", `${file}:2:1: `],
  ["a key written twice", "seed: 1\nlineages: 2\nseed: 3\n", `${file}:3:1: `],
  ["two documents", "a: 1\n---\nb: 2\n", `${file}:2:1: `],
  ["a list instead of keys", "- a\n- b\n", `${file}:1:1: `],
  ["a text instead of keys", "hello\n", `${file}:1:1: `],
  ["an alias of nothing", "a: *nothing\n", `${file}:1:`],
];

test.each(notYaml)("%s is told with its place", (_, text, place) => {
  expect(problemOf(text)).toContain(place);
});

test("aliases that multiply are refused, not followed", () => {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let n = 1; n < 9; n++) lines.push(`a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(", ")}]`);
  expect(problemOf(lines.join("\n"))).toContain("alias");
});

const unknown: readonly [string, string, string][] = [
  ["at the top", `${scripted}sandbx:\n  kind: none\n`, `${file}:3:1: unknown key "sandbx": did you mean "sandbox"?`],
  [
    "nested",
    `${scripted}rollout:\n  deadlines:\n    commandsMs: 1\n`,
    `${file}:5:5: unknown key "rollout.deadlines.commandsMs": did you mean "commandMs"?`,
  ],
  [
    "in a list",
    `repositories:\n  - path: .\n    exclud: [a]\nteachers: [{kind: scripted}]\n`,
    `${file}:3:5: unknown key "repositories[0].exclud": did you mean "exclude"?`,
  ],
  [
    "in the second of a list",
    `repositories:\n  - path: a\n  - path: b\n    holdout: 1\nteachers: [{kind: scripted}]\n`,
    `${file}:4:5: unknown key "repositories[1].holdout": did you mean "holdOut"?`,
  ],
  [
    "in a union",
    `${base}teachers:\n  - kind: endpoint\n    model: m\n    baseURL: http://x\n`,
    `${file}:5:5: unknown key "teachers[0].baseURL": did you mean "baseUrl"?`,
  ],
  [
    "in a nullable map of a union",
    `${base}teachers: [{kind: endpoint, model: m, prices: {inputPerMtk: 1, cachedPerMtok: 1, outputPerMtok: 1}}]\n`,
    `unknown key "teachers[0].prices.inputPerMtk": did you mean "inputPerMtok"?`,
  ],
  [
    "that belongs to the other kind",
    `${base}teachers: [{kind: scripted, model: m}]\n`,
    `unknown key "teachers[0].model": known here: kind, latencyMs, faults.`,
  ],
];

test.each(unknown)("an unknown key %s names the nearest", (_, text, sentence) => {
  expect(problemOf(text)).toContain(sentence);
});

test("a mistyped key is named rather than the one that is missing because of it", () => {
  expect(problemOf("repositoris: [{path: .}]\nteachers: [{kind: scripted}]\n")).toContain(
    `unknown key "repositoris": did you mean "repositories"?`,
  );
});

const wrong: readonly [string, string, string][] = [
  [
    "a word for a number",
    `${scripted}lineages: many\n`,
    `${file}:3:1: lineages: "many" is not allowed: write a whole number of at least 1.`,
  ],
  [
    "a fraction for a whole number",
    `${scripted}lineages: 1.5\n`,
    `${file}:3:1: lineages: 1.5 is not allowed: write a whole number of at least 1.`,
  ],
  [
    "a number out of range",
    `${scripted}concurrency: 0\n`,
    `${file}:3:1: concurrency: 0 is not allowed: write a whole number from 1 to 4096.`,
  ],
  [
    "a text for a list",
    `${base}teachers: scripted\n`,
    `${file}:2:1: teachers: "scripted" is not allowed: write a list of exactly 1 entry.`,
  ],
  [
    "a kind that is none",
    `${base}teachers: [{kind: scriptd}]\n`,
    `teachers[0].kind: "scriptd" is not allowed: write "scripted" or "endpoint".`,
  ],
  ["no kind", `${base}teachers:\n  - model: m\n`, `${file}:3:5: teachers[0].kind is missing: write "scripted" or "endpoint".`],
  ["a key that is missing", `${base}teachers: [{kind: endpoint}]\n`, `${file}:2:12: teachers[0].model is missing: write a text.`],
  ["an empty list", `repositories: []\nteachers: [{kind: scripted}]\n`, `${file}:1:1: repositories: name at least one repository`],
  ["two teachers", `${base}teachers: [{kind: scripted}, {kind: scripted}]\n`, `teachers: name exactly one teacher.`],
  [
    "a word where a number or none belongs",
    `repositories: [{path: ., holdOut: some}]\nteachers: [{kind: scripted}]\n`,
    `repositories[0].holdOut: "some" is not allowed: write a whole number of at least 0, "none" or null.`,
  ],
  [
    "a number below its least in a union",
    `repositories: [{path: ., holdOut: -1}]\nteachers: [{kind: scripted}]\n`,
    `repositories[0].holdOut: -1 is not allowed: write a whole number of at least 0, "none" or null.`,
  ],
  [
    "a map for a text",
    `repositories: [{path: {a: 1}}]\nteachers: [{kind: scripted}]\n`,
    `repositories[0].path: a map of keys is not allowed: write a text.`,
  ],
  [
    "a place for a map",
    `${scripted}sandbox: none\n`,
    `${file}:3:1: sandbox: "none" is not allowed: write a map of keys (kind, image, setup, memoryMiB, processes, cpus, workspaceMiB).`,
  ],
];

test.each(wrong)("%s is told with its name and place", (_, text, sentence) => {
  expect(problemOf(text)).toContain(sentence);
});

const key = "sk-live-0123456789abcdef";
const literal: readonly [string, string][] = [
  ["as it is", `apiKey: ${key}`],
  ["in quotes", `apiKey: "${key}"`],
  ["after env:", `apiKey: "env:${key}"`],
  ["as a list", `apiKey: [${key}]`],
  ["behind an alias", `apiKey: *${key}`],
  ["torn by a bracket", `apiKey: ${key}]`],
  ["with an escape", `apiKey: "${key}\\q"`],
  ["as a block with a header", `apiKey: |${key}`],
];

test.each(literal)("a key written down %s is refused and never repeated", (_, line) => {
  const problem = problemOf(`${base}teachers:\n  - kind: endpoint\n    model: m\n    ${line}\n`);
  expect(problem).not.toBe("");
  expect(problem).not.toContain("0123456789");
});

test("where a literal key stands the sentence says env:NAME", () => {
  const problem = problemOf(`${base}teachers:\n  - kind: endpoint\n    model: m\n    apiKey: ${key}\n`);
  expect(problem).toContain(`${file}:5:5: teachers[0].apiKey: `);
  expect(problem).toContain("env:NAME");
});

test("several repositories and an env:NAME are taken as written", () => {
  const text =
    "repositories: [{path: a, commits: 3}, {path: b, holdOut: none}]\nteachers: [{kind: endpoint, model: m, apiKey: env:MY_KEY}]\n";
  const config = unwrap(checkConfig(Config, unwrap(parseConfig(text, file))));
  expect(config.repositories.map(({ path, commits, holdOut }) => [path, commits, holdOut])).toEqual([
    ["a", 3, null],
    ["b", 1, "none"],
  ]);
  expect(config.teachers[0]).toMatchObject({ apiKey: "env:MY_KEY" });
});

test("a file is read, and one that is not there or is a folder is a sentence", async () => {
  const folder = await mkdtemp(join(tmpdir(), "config-"));
  try {
    await writeFile(join(folder, file), `\ufeff# only a comment\n`);
    expect(unwrap(await readConfigFile(join(folder, file))).values).toEqual({});
    expect(await readConfigFile(join(folder, "none.yaml"))).toMatchObject({ error: { message: expect.stringContaining("is not there") } });
    expect(await readConfigFile(folder)).toMatchObject({ error: { message: expect.stringContaining("cannot be read") } });
  } finally {
    await rm(folder, { recursive: true });
  }
});
