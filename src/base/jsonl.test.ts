import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readJsonLines, type JsonLine } from "./jsonl.ts";

async function linesOf(content: string | Uint8Array): Promise<JsonLine[]> {
  const folder = await mkdtemp(join(tmpdir(), "jsonl-"));
  try {
    await writeFile(join(folder, "rows.jsonl"), content);
    return await Array.fromAsync(readJsonLines(join(folder, "rows.jsonl")));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a line is what ends in a newline, not in U+2028, U+2029 or U+0085", async () => {
  const value = { text: "one\u2028two\u2029three\u0085four" };
  expect(await linesOf(`${JSON.stringify(value)}\n${JSON.stringify(value)}\n`)).toEqual([
    { line: 1, value },
    { line: 2, value },
  ]);
});

test("blank lines are passed over and counted; CRLF and a byte order mark are no part of the values", async () => {
  expect(await linesOf('\ufeff{"a":1}\r\n\r\n \n{"b":2}\r\n')).toEqual([
    { line: 1, value: { a: 1 } },
    { line: 4, value: { b: 2 } },
  ]);
});

test("a torn last line and a bad one between are named, and the rest is read", async () => {
  const lines = await linesOf('{"a":1}\nnot json\n{"b":2}\n{"c":');
  expect(lines.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
  expect(lines[1]).toHaveProperty("problem");
  expect(lines[2]).toEqual({ line: 3, value: { b: 2 } });
  expect(lines[3]).toHaveProperty("problem");
});

test("a last line without a newline is a line", async () => {
  expect(await linesOf("1\n2")).toEqual([
    { line: 1, value: 1 },
    { line: 2, value: 2 },
  ]);
});

test("characters and lines longer than a chunk come through whole", async () => {
  const long = "ä€𝄞".repeat(60_000);
  expect(await linesOf(`${JSON.stringify(long)}\n${JSON.stringify("next")}\n`)).toEqual([
    { line: 1, value: long },
    { line: 2, value: "next" },
  ]);
});

test("a file that is not there is an error, not an empty file", async () => {
  await expect(Array.fromAsync(readJsonLines("/nowhere/rows.jsonl"))).rejects.toMatchObject({ code: "ENOENT" });
});
