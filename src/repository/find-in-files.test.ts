import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { findInFiles } from "./find-in-files.ts";
import { never, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";

test("files of a commit that hold a text are named, whatever they are, and no pattern is read into it", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const text = "k+.*y='\"\\[";
  user
    .write("a/b c.txt", `x ${text} y\n`)
    .write("ünï.bin", Buffer.from(`\u0000\u0001${text}`))
    .write("no.txt", "k+++y k+.*y");
  user.write(".gitattributes", "*.txt diff=other\n*.bin binary\n");
  const commit = user.commit();
  user.write("a/b c.txt", "gone").write("later.txt", text);
  const later = user.commit();
  const repository = await user.open();
  const found = async (at: string, what: string): Promise<string[]> =>
    unwrap(await findInFiles({ repository, commit: at, text: what }, never));
  expect((await found(commit, text)).toSorted()).toEqual(["a/b c.txt", "ünï.bin"]);
  expect((await found(later, text)).toSorted()).toEqual(["later.txt", "ünï.bin"]);
  expect(await found(commit, "-k+++")).toEqual([]);
});

test("a commit that is not there is a failure", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a").commit();
  const request = { repository: await user.open(), commit: "0".repeat(40), text: "a" };
  expect(await findInFiles(request, never)).toMatchObject({ ok: false, error: { boundary: "repository" } });
});
