import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readBenchmark } from "./read-benchmark.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "benchmark-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const rows = [
  { instance_id: "a-1", repo: "o/a", base_commit: "c1", problem_statement: "It – fails\u2028badly.", patch: "p" },
  { instance_id: "a-2", repo: "o/a", base_commit: "c2", problem_statement: "It fails again.", patch: "q" },
];

async function read(name: string, bytes: string | Uint8Array) {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return await readBenchmark(path);
}

const parquet = (): Uint8Array => {
  const members = ["instance_id", "repo", "base_commit", "problem_statement", "patch"] as const;
  const columnData = members.map((name) => ({ name, data: rows.map((row) => row[name]), type: "STRING" as const }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
};

const forms: readonly (readonly [string, () => string | Uint8Array])[] = [
  ["JSONL", () => rows.map((row) => `${JSON.stringify(row)}\n`).join("")],
  ["a JSON list", () => JSON.stringify(rows, null, 2)],
  ["JSON by name", () => JSON.stringify(Object.fromEntries(rows.map(({ instance_id, ...row }) => [instance_id, row])))],
  ["Parquet, whatever it is called", parquet],
];

test.each(forms)("%s is read", async (_, bytes) => {
  const found = await read("file", bytes());
  if (!found.ok) throw new Error(found.error);
  expect(found.value.tasks.map(({ id, repository, statement }) => [id, repository, statement])).toEqual(
    rows.map((row) => [row.instance_id, row.repo, row.problem_statement]),
  );
});

test("a broken line is counted and the rest is read", async () => {
  const found = await read("f.jsonl", `${JSON.stringify(rows[0])}\n{broken\n\n3\n${JSON.stringify(rows[1])}`);
  expect(found).toMatchObject({ ok: true, value: { unread: 2, tasks: [{ id: "a-1" }, { id: "a-2" }] } });
});

const bad: readonly (readonly [string, string | Uint8Array, string])[] = [
  ["an empty file", "", "cannot be read"],
  ["no rows of tasks", '{"text": "x"}\n{"text": "y"}', "has no row"],
  ["bytes of nothing", new Uint8Array([0, 255, 254, 3]), "has no row"],
  ["half a Parquet file", parquet().slice(0, 60), "cannot be read"],
];

test.each(bad)("%s is one sentence", async (_, bytes, words) => {
  const found = await read("f", bytes);
  expect(found.ok ? "read" : found.error).toContain(words);
});

test("a folder and a file that is not there are one sentence", async () => {
  expect(await readBenchmark(folder)).toMatchObject({ ok: false });
  expect(await readBenchmark(join(folder, "none"))).toMatchObject({ ok: false });
});
