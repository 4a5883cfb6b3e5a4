import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { readBlobs } from "./read-blobs.ts";
import { never, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";
import { listTreeFiles } from "./tree-files.ts";

test("files come with mode, blob and size; links and submodules with theirs; names as they are", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const inner = new UserRepository(folder.at("user/sub"));
  inner.write("x", "x");
  const innerCommit = inner.commit();
  user.write('a b/"q"\n\tü.py', "text\n").write("run.sh", "#!", 0o755).write("empty", "").link("link", "a b").write("-dash", "d");
  user.write(Buffer.from("caf\xe9", "latin1"), "bytes");
  const commit = user.commit();
  const listing = unwrap(await listTreeFiles(await user.open(), commit, never));
  expect(listing.unreadableNames).toBe(1);
  const rows = Object.fromEntries(listing.files.map((file) => [file.path, `${file.mode} ${file.size}`]));
  expect(rows).toEqual({
    "-dash": "100644 1",
    'a b/"q"\n\tü.py': "100644 5",
    empty: "100644 0",
    link: "120000 3",
    "run.sh": "100755 2",
    sub: "160000 null",
  });
  expect(listing.files.find((file) => file.path === "sub")?.blob).toBe(innerCommit);
});

test("an unknown commit is a failure", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.commit();
  expect(await listTreeFiles(await user.open(), "0".repeat(40), never)).toMatchObject({ ok: false, error: { code: "git-failed" } });
});

test("blobs come in the order asked, byte for byte, the missing ones as null", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const contents = [Buffer.from("text\n"), Buffer.alloc(0), Buffer.from([0, 10, 13, 255]), Buffer.alloc(3_000_000, "x\n")];
  contents.forEach((content, index) => user.write(`f${index}`, content));
  user.commit();
  const repository = await user.open();
  const ids = contents.map((_, index) => user.git("rev-parse", `HEAD:f${index}`));
  const missing = "1".repeat(40);
  const read = await Array.fromAsync(readBlobs(repository, [...ids, missing, ids[0] ?? ""], never));
  expect(read.map((one) => one.blob)).toEqual([...ids, missing, ids[0]]);
  expect(read.slice(0, 4).map((one) => one.bytes)).toEqual(contents);
  expect(read.slice(4).map((one) => one.bytes?.length ?? null)).toEqual([null, 5]);
  expect(await Array.fromAsync(readBlobs(repository, [], never))).toEqual([]);
});

test("thousands of blobs from a source that itself waits, taken slowly, all arrive", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a".repeat(5000)).commit();
  const blob = user.git("rev-parse", "HEAD:a");
  async function* source() {
    for (let index = 0; index < 5000; index++) {
      if (index % 1000 === 0) await Promise.resolve();
      yield blob;
    }
  }
  let count = 0;
  for await (const { bytes } of readBlobs(await user.open(), source(), never)) {
    if (bytes?.length === 5000) count++;
  }
  expect(count).toBe(5000);
});

test("leaving early, a failing source, a bad id and the signal each end it", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a").commit();
  const repository = await user.open();
  const blob = user.git("rev-parse", "HEAD:a");
  const endless = (function* () {
    for (;;) yield blob;
  })();
  for await (const one of readBlobs(repository, endless, never)) {
    expect(one.blob).toBe(blob);
    break;
  }
  const failing = (function* () {
    yield blob;
    throw new Error("source broke");
  })();
  await expect(Array.fromAsync(readBlobs(repository, failing, never))).rejects.toThrow("source broke");
  await expect(Array.fromAsync(readBlobs(repository, ["HEAD:a"], never))).rejects.toThrow("not an object id");
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of readBlobs(
      repository,
      (function* () {
        for (;;) yield blob;
      })(),
      controller.signal,
    ))
      controller.abort(new Error("enough"));
  })();
  await expect(reading).rejects.toThrow("enough");
});
