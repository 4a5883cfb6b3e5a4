import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRows } from "./read-rows.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-rows-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

const small = { longestLine: 2 ** 21, largestDocument: 2000 };

async function rowsOf(name: string, bytes: string | Uint8Array) {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const rows = await Array.fromAsync(readRows(path, small));
  return rows.map(({ line, row }) => [line, row.ok ? row.value : row.error.reason]);
}

test("a bad line is named and the rest is read", async () => {
  const latin = Buffer.from('{"name":"caf\xe9"}\n', "latin1");
  const bytes = Buffer.concat([Buffer.from('\ufeff{"a":1}\r\n{"b":}\n\n'), latin, Buffer.from('{"c":"\u2028é"}\n{"d":"cut')]);
  expect(await rowsOf("x.jsonl", bytes)).toEqual([
    [1, { a: 1 }],
    [2, "bad-json"],
    [4, "not-utf8"],
    [5, { c: "\u2028é" }],
    [6, "cut-off"],
  ]);
});

test("a last line is cut off only where nothing more could have made it worse", async () => {
  expect(await rowsOf("a.jsonl", '{"a":[{"b":1}')).toEqual([[1, "cut-off"]]);
  expect(await rowsOf("b.jsonl", '{"a":1}}')).toEqual([[1, "bad-json"]]);
  expect(await rowsOf("c.jsonl", '{"a":tru\n')).toEqual([[1, "bad-json"]]);
});

test("a line of megabytes beyond the limit is refused by its size", async () => {
  const long = Buffer.alloc(48 * 2 ** 20, "x");
  const path = join(folder, "long.jsonl");
  await writeFile(path, Buffer.concat([Buffer.from('{"a":1}\n'), long, Buffer.from('\n{"b":2}')]));
  const rows = await Array.fromAsync(readRows(path, small));
  expect(rows[1]).toEqual({ line: 2, row: { ok: false, error: { reason: "line-too-long", detail: "has 48 MiB; at most 2 are read" } } });
  expect(rows.map(({ row }) => row.ok)).toEqual([true, false, true]);
});

test("no text of the file leaves it with the words of the parser", async () => {
  const path = join(folder, "secret.jsonl");
  await writeFile(path, '{"key": sk-secret-value}\n');
  expect(JSON.stringify(await Array.fromAsync(readRows(path)))).not.toContain("sk-sec");
});

test("what is nested beyond all reason is refused, brackets in texts are not", async () => {
  const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
  expect(await rowsOf("x.jsonl", `{"a":${deep}}\n${JSON.stringify({ a: deep })}\n`)).toEqual([
    [1, "bad-json"],
    [2, { a: deep }],
  ]);
});

test("one document, however it is laid out, is one row", async () => {
  expect(await rowsOf("x.traj", '{\n  "a": [\n 1\n]\n}\n')).toEqual([[1, { a: [1] }]]);
  expect(await rowsOf("x.json", '[{"a":1},\n{"a":2}]')).toEqual([[1, [{ a: 1 }, { a: 2 }]]]);
  expect(await rowsOf("one.traj", '{"a":1}')).toEqual([[1, { a: 1 }]]);
  expect(await rowsOf("cut.traj", '{\n  "a": [\n')).toEqual([[1, "cut-off"]]);
  expect(await rowsOf("large.traj", `{\n"a":"${"x".repeat(3000)}"}`)).toEqual([[0, "file-too-large"]]);
});

test("what holds no rows is named as a whole", async () => {
  expect(await rowsOf("x.jsonl", "")).toEqual([[0, "no-rows"]]);
  expect(await rowsOf("y.jsonl", gzipSync("{}"))).toEqual([[0, "compressed-file"]]);
  expect(await rowsOf("z.jsonl", Buffer.from("\ufeff{}\n", "utf16le"))).toEqual([[0, "not-utf8"]]);
  expect(await rowsOf("w.parquet", "PAR1 and nothing else PAR1")).toEqual([[1, "unreadable-parquet"]]);
  const rows = await Array.fromAsync(readRows(join(folder, "none.jsonl")));
  expect(rows).toMatchObject([{ line: 0, row: { error: { reason: "unreadable-file" } } }]);
});
