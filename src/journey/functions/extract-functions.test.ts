import { expect, test } from "vitest";
import type { FileFunctions, SourceFile } from "./extract-file.ts";
import { extractFunctions, type ExtractOptions } from "./extract-functions.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const megabyteOf = (unit: string) => bytesOf(unit.repeat(Math.floor(2 ** 20 / unit.length)));

async function* given(files: readonly SourceFile[]): AsyncGenerator<SourceFile> {
  yield* files;
}

async function extracted(files: AsyncIterable<SourceFile>, options: Partial<ExtractOptions> = {}): Promise<FileFunctions[]> {
  const found: FileFunctions[] = [];
  for await (const file of extractFunctions(files, { all: true, ...options })) found.push(file);
  return found;
}

/** Several batches of 128 KiB. */
const many = Array.from({ length: 40 }, (_, index) => ({
  path: `${index}.py`,
  bytes: bytesOf(`def f${index}():\n    return 1\n${"filler = 1\n".repeat(2000)}`),
}));

test("results come in the order of the files, with one thread or more", async () => {
  const one = await extracted(given(many), { threads: 1 });
  expect(one.map((file) => file.path)).toEqual(many.map((file) => file.path));
  expect(one.flatMap((file) => file.sites.map((site) => site.name))).toEqual(many.map((_, index) => `f${index}`));
  expect(await extracted(given(many), { threads: 3 })).toEqual(one);
});

test("bytes that are views of a larger buffer stay the caller's", async () => {
  const pool = Buffer.alloc(64 * 1024, "def f():\n    return 1\n");
  const [found] = await extracted(given([{ path: "a.py", bytes: pool.subarray(0, 22) }]));
  expect(found?.sites.map((site) => site.name)).toEqual(["f"]);
  expect(pool.length).toBe(64 * 1024);
  expect(pool.toString("utf8", 0, 3)).toBe("def");
});

test("a file that breaks the parser, or that it never finishes, fails alone", async () => {
  const files = [
    { path: "before.py", bytes: bytesOf("def before():\n    return 1\n") },
    { path: "deep.js", bytes: megabyteOf("x:{") },
    { path: "between.js", bytes: bytesOf("const between = () => 1;\n") },
    { path: "endless.go", bytes: megabyteOf("{{/*") },
    { path: "after.py", bytes: bytesOf("def after():\n    return 1\n") },
  ];
  const found = await extracted(given(files), { deadlineMs: 3000 });
  expect(found.map(({ path, skipped, sites }) => [path, skipped, sites.map((site) => site.name)])).toEqual([
    ["before.py", null, ["before"]],
    ["deep.js", "failed", []],
    ["between.js", null, ["between"]],
    ["endless.go", "failed", []],
    ["after.py", null, ["after"]],
  ]);
});

test("an aborted signal ends it with its reason", async () => {
  const stop = new AbortController();
  async function* files(): AsyncGenerator<SourceFile> {
    yield* many;
    stop.abort(new Error("enough"));
    yield* many;
  }
  await expect(extracted(files(), { signal: stop.signal })).rejects.toThrow("enough");
});

test("a consumer that leaves early ends the threads and the source", async () => {
  let closed = false;
  async function* files(): AsyncGenerator<SourceFile> {
    try {
      for (;;) yield* many;
    } finally {
      closed = true;
    }
  }
  for await (const file of extractFunctions(files(), { all: true })) {
    expect(file.path).toBe("0.py");
    break;
  }
  expect(closed).toBe(true);
});

test("an error of the source is the caller's", async () => {
  async function* files(): AsyncGenerator<SourceFile> {
    yield* many;
    throw new Error("disk gone");
  }
  await expect(extracted(files())).rejects.toThrow("disk gone");
});

test("a path without a language is a bug, not a failed file", async () => {
  await expect(extracted(given([{ path: "a.unknown", bytes: bytesOf("") }]))).rejects.toThrow("no language");
});
