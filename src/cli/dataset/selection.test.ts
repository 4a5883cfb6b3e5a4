import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inventedLineage, openTemporaryRun, putLineage, putOrigin, type TemporaryRun } from "../../journey/stored-lineage.conformance.ts";
import { readRecipe, shippedRecipes } from "./read-recipe.ts";

const launcher = join(import.meta.dirname, "..", "..", "..", "bin", "apprentice.js");
const recalls = [0, 0.25, 0.5, 0.75, 1, null];

let stores: TemporaryRun;
let dir = "";
beforeAll(async () => {
  stores = await openTemporaryRun();
  dir = stores.run.dir;
  await putOrigin(stores.run);
  for (const [position, recall] of recalls.entries()) await putLineage(stores.run, inventedLineage(position), { recall });
});
afterAll(async () => await stores[Symbol.asyncDispose]());

interface Ended {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function dataset(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [launcher, "dataset", ...args], {
    cwd: stores.root,
    env: { ...process.env, APPRENTICE_CACHE: join(stores.root, "cache") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    Array.fromAsync(child.stdout),
    Array.fromAsync(child.stderr),
    once(child, "close"),
  ]);
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

function file(name: string, text: string): string {
  const path = join(stores.root, name);
  writeFileSync(path, text);
  return path;
}

test("select counts what a recipe takes, with the student's own tokens", async () => {
  const { status, stdout } = await dataset("select", dir, "--json");
  expect(status).toBe(0);
  const result = JSON.parse(stdout) as { samples: number; tokens: number };
  expect(result).toMatchObject({
    samples: 9,
    kinds: { t1: 6, t2: 3 },
    files: [],
    dropped: { "below-threshold": 2, "recall-undefined": 1 },
  });
  expect(result.tokens).toBeGreaterThan(1000);
  const uncounted = await dataset("select", dir, "--json", "--tokenizer", "none");
  expect(JSON.parse(uncounted.stdout)).toMatchObject({ samples: 9, tokens: null });
});

test("what select writes is the same for the same recipe and ledgers, and names no place", async () => {
  const texts: string[] = [];
  for (const name of ["one", "two"]) {
    const { stdout } = await dataset("select", dir, "--json", "--order", "random", "--seed", "3", "--limit", "5", "--out", name);
    const { files } = JSON.parse(stdout) as { files: { path: string; rows: number }[] };
    expect(files).toMatchObject([{ path: join(stores.root, name, "selection.json"), rows: 5 }]);
    texts.push(readFileSync(join(stores.root, name, "selection.json"), "utf8"));
  }
  expect(texts[0]).toBe(texts[1]);
  expect(texts[0]).not.toContain(stores.root);
});

test("sweep streams a row for each threshold and context; its table keeps within 80 columns, and so does stats", async () => {
  const rows = await dataset("sweep", dir, "--json", "--thresholds", "0,0.5,1", "--contexts", "1024,32768");
  const lines = rows.stdout.trimEnd().split("\n");
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject(
    [12, 9, 7].flatMap((kept) => [1024, 32_768].map((context) => ({ kept, context, meanTruncationRatio: 1, costUsdPerSample: 0 }))),
  );
  const outputs = [
    await dataset("sweep", dir),
    await dataset("stats", dir),
    await dataset("select", "--help"),
    await dataset("sweep", "--help"),
  ];
  for (const { status, stdout, stderr } of outputs) {
    expect(status).toBe(0);
    for (const line of `${stdout}${stderr}`.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  }
});

test("stats has what select has, and how it is distributed", async () => {
  const { stdout } = await dataset("stats", dir, "--json", "--threshold", "0");
  expect(JSON.parse(stdout)).toMatchObject({
    samples: 12,
    files: [],
    dropped: {},
    byKind: { t1: 6, t2: 6 },
    byLanguage: { python: 12 },
    recall: { zero: 2, one: 2, unknown: 2 },
    steps: { min: 2, max: 2 },
  });
});

test("a benchmark leaves out what overlaps, and the report says what", async () => {
  const benchmark = file(
    "bench.jsonl",
    `${JSON.stringify({ instance_id: "o__library-1", repo: "o/library", base_commit: "x", problem_statement: "?" })}\n`,
  );
  const { stdout } = await dataset("select", dir, "--json", "--benchmark", benchmark, "--report", "overlap.md");
  expect(JSON.parse(stdout)).toMatchObject({ samples: 0, dropped: { "benchmark-overlap": 12 } });
  expect(readFileSync(join(stores.root, "overlap.md"), "utf8")).toContain("| repository | 12 |");
  expect(JSON.parse(readFileSync(join(stores.root, "overlap.json"), "utf8"))).toMatchObject({ leftOut: 12, byRule: { repository: 12 } });
});

test("shipped recipes are right, and stand under flags", async () => {
  expect(shippedRecipes().toSorted()).toEqual(["best-subset", "hard", "specialise-8000", "unverified-t2"]);
  for (const recipe of shippedRecipes())
    expect(await readRecipe({ recipe, tokenizer: "qwen3" })).toMatchObject({ context: 32_768, ratioBy: "messages" });
  const changed = await readRecipe({ recipe: "specialise-8000", threshold: 0.75, limit: 10, tokenizer: "qwen3" });
  expect(changed).toMatchObject({ t1: 5000, t2: 3000, threshold: 0.75, limit: 10, filters: { editedLines: 40, toolTokens: 600 } });
});

const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["a threshold out of range", ["select", "--threshold", "1.5"], /--threshold/],
  ["a context that is none", ["select", "--context", "none"], /--context/],
  ["a limit of half a sample", ["select", "--limit", "0.5"], /--limit/],
  ["a ratio without a context", ["select", "--order", "ratio"], /give context/],
  ["counts without a tokenizer", ["select", "--context", "100", "--tokenizer", "none"], /needs counts/],
  ["a tokenizer that is not there", ["select", "--tokenizer", "/nowhere"], /nowhere/],
  ["a recipe that is not there", ["select", "--recipe", "nowhere"], /best-subset/],
  ["a benchmark that is not there", ["select", "--benchmark", "nowhere"], /nowhere/],
  ["a report about nothing", ["select", "--report", "x.md"], /--benchmark/],
  ["thresholds that are none", ["sweep", "--thresholds", "0,two"], /0 to 1/],
  ["one threshold of a sweep", ["sweep", "--threshold", "0.5"], /--thresholds/],
  ["no run", ["stats", "--run"], /./],
];

test.each(mistakes)("%s is one sentence", async (_, [command = "", ...flags], words) => {
  const { status, stdout, stderr } = await dataset(command, dir, ...flags);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(words);
  expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
});

test("a mistake in a recipe is named by its place", async () => {
  const path = file("recipe.yaml", "threshold: 0.5\nfilters:\n  editedLine: 40\n");
  const { status, stderr } = await dataset("select", dir, "--recipe", path);
  expect(status).toBe(2);
  expect(stderr).toContain(`${path}:3:3`);
  expect(stderr).toContain('"editedLines"');
  rmSync(path);
});

test("a reader who has enough ends it with 0", async () => {
  const child = spawn("bash", ["-o", "pipefail", "-c", `"${process.execPath}" "${launcher}" dataset sweep "${dir}" --json | head -n 1`], {
    env: { ...process.env, APPRENTICE_CACHE: join(stores.root, "cache") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    Array.fromAsync(child.stdout),
    Array.fromAsync(child.stderr),
    once(child, "close"),
  ]);
  expect(status).toBe(0);
  expect(Buffer.concat(stdout).toString()).toContain('"threshold":0');
  expect(Buffer.concat(stderr).toString()).toBe("");
});
