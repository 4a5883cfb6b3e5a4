import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256Hex } from "../../base/hash.ts";
import { openParquetWriter } from "./parquet-writer.ts";
import { readParquet } from "./read-parquet.conformance.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-parquet-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

const parameters = { type: "object", properties: { "10": { enum: [1, "x", null] }, a: { type: "integer" } }, required: [] };
const hermes = {
  messages: [
    { role: "user", content: "é😀\u0000\n", train: false },
    { role: "assistant", content: "", train: true },
  ],
  instance_id: "s1",
  tool_json: [{ type: "function", function: { name: "bash", description: "", parameters } }],
};

test("rows come back as they went in, nested, with JSON as JSON", async () => {
  const path = join(folder, "hermes.parquet");
  await using writer = await openParquetWriter(path, "hermes");
  await writer.add(hermes);
  await writer.add({ messages: [], instance_id: "s2", tool_json: [] });
  await writer.end();
  expect(await readdir(folder)).not.toContain("hermes.parquet");
  expect(await writer.place()).toMatchObject({ path, rows: 2 });
  const { rows, metadata } = await readParquet(path);
  expect(rows).toEqual([hermes, { messages: [], instance_id: "s2", tool_json: [] }]);
  expect(new Set(metadata.row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data?.codec)))).toEqual(
    new Set(["ZSTD"]),
  );
});

test("row groups are written as they come: their number grows with the bytes, and equal rows give equal files", async () => {
  const hashes: string[] = [];
  for (const name of ["a.parquet", "b.parquet"]) {
    await using writer = await openParquetWriter(join(folder, name), "hermes");
    const content = "0123456789".repeat(200_000);
    for (let index = 0; index < 11; index++)
      await writer.add({ ...hermes, instance_id: `s${index}`, messages: [{ role: "user", content: `${index}${content}`, train: false }] });
    await writer.end();
    hashes.push((await writer.place()).sha256);
  }
  expect(hashes[0]).toBe(hashes[1]);
  const { rows, metadata } = await readParquet(join(folder, "a.parquet"));
  expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([3, 3, 3, 2]);
  expect(rows.map(({ instance_id }) => instance_id)).toEqual(Array.from({ length: 11 }, (_, index) => `s${index}`));
});

test("ids are 32-bit integers, and the same mask throughout costs next to nothing", async () => {
  const path = join(folder, "rendered.parquet");
  await using writer = await openParquetWriter(path, "rendered");
  const input_ids = Array.from({ length: 5000 }, (_, index) => (index * 7919) % 151_643);
  const row = { input_ids, labels: input_ids.map((id, index) => (index < 4000 ? -100 : id)), attention_mask: input_ids.map(() => 1) };
  await writer.add(row);
  await writer.end();
  await writer.place();
  const { rows, metadata } = await readParquet(path);
  expect(rows).toEqual([row]);
  expect(metadata.schema.filter(({ type }) => type !== undefined).map(({ type }) => type)).toEqual(["INT32", "INT32", "INT32"]);
  const mask = metadata.row_groups[0]?.columns[2]?.meta_data?.total_compressed_size;
  expect(Number(mask)).toBeLessThan(200);
});

test("a file without a row is a table all the same", async () => {
  const path = join(folder, "none.parquet");
  await using writer = await openParquetWriter(path, "messages");
  await writer.end();
  expect((await writer.place()).rows).toBe(0);
  const { rows, metadata } = await readParquet(path);
  expect([rows, metadata.schema[0]?.num_children]).toEqual([[], 4]);
});

test.each([
  [{ ...hermes, tokens: 5 }, "tokens"],
  [{ ...hermes, messages: [{ role: "user", content: "", name: "x" }] }, "messages[].name"],
  [{ ...hermes, instance_id: 5 }, "instance_id"],
  [{ ...hermes, messages: "text" }, "messages"],
])("a row that the table cannot hold is refused by name, not cut: %#", async (row, place) => {
  await using writer = await openParquetWriter(join(folder, "x.parquet"), "hermes");
  await expect(writer.add(row)).rejects.toThrow(`no column for ${place}`);
});

test("what is disposed of before its end leaves nothing", async () => {
  {
    await using writer = await openParquetWriter(join(folder, "x.parquet"), "hermes");
    await writer.add(hermes);
  }
  expect(await readdir(folder)).toEqual([]);
  expect(sha256Hex("")).toHaveLength(64);
});
