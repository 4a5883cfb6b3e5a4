import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder, writeFileAtomic } from "./atomic-file.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atomic-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("a file appears whole, with its mode, in folders made for it, and nothing beside it", async () => {
  const path = join(folder, "deep", "er", "file.json");
  await writeFileAtomic(path, "first", 0o600);
  expect(await readFile(path, "utf8")).toBe("first");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await writeFileAtomic(path, Buffer.from([0, 255, 10]));
  expect(await readFile(path)).toEqual(Buffer.from([0, 255, 10]));
  expect(await readdir(join(folder, "deep", "er"))).toEqual(["file.json"]);
});

test("a folder that cannot be made is an error, whether nothing can be made there or a file stands in its way", async () => {
  await makeFolder(join(folder, "a", "b"));
  await makeFolder(join(folder, "a", "b"));
  await Promise.all(["c", "c/d", "c/e"].map((path) => makeFolder(join(folder, path))));
  expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(["a", "a/b", "c", "c/d", "c/e"]);
  await writeFile(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file"))).rejects.toThrow("EEXIST");
  await expect(makeFolder(join(folder, "file", "below"))).rejects.toThrow("ENOTDIR");
  await expect(makeFolder("/proc/none/below")).rejects.toThrow("ENOENT");
});

test("a reader sees one content or another, never a part, with many writers at once", async () => {
  const path = join(folder, "file");
  const contents = Array.from({ length: 12 }, (_, n) => String(n % 10).repeat(200_000));
  await writeFileAtomic(path, contents[0] ?? "");
  const writing = Promise.all(contents.map((content) => writeFileAtomic(path, content)));
  for (let reads = 0; reads < 40; reads++) {
    const text = await readFile(path, "utf8");
    expect(text).toBe((text[0] ?? "").repeat(200_000));
  }
  await writing;
  expect(await readdir(folder)).toEqual(["file"]);
});

test("a failure leaves the old file and nothing else", async () => {
  const path = join(folder, "taken");
  await mkdir(join(path, "inside"), { recursive: true });
  await expect(writeFileAtomic(path, "text")).rejects.toThrow();
  expect(await readdir(folder)).toEqual(["taken"]);
  expect(await readdir(path)).toEqual(["inside"]);
});

test("what a dead process with the same id left is not in the way, and stays", async () => {
  const left = Array.from({ length: 50 }, (_, n) => `.${process.pid}-${n}.tmp`);
  for (const name of left) await writeFile(join(folder, name), "of another");
  await writeFileAtomic(join(folder, "file"), "text");
  expect((await readdir(folder)).toSorted()).toEqual([...left, "file"].toSorted());
});

test("a link at the path is replaced, and what it pointed to is untouched", async () => {
  await writeFile(join(folder, "target"), "target");
  await symlink(join(folder, "target"), join(folder, "link"));
  await writeFileAtomic(join(folder, "link"), "new");
  expect(await readFile(join(folder, "target"), "utf8")).toBe("target");
  expect(await readFile(join(folder, "link"), "utf8")).toBe("new");
});
