import { readFileSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { countUncommitted } from "./count-uncommitted.ts";
import { openRepository } from "./open-repository.ts";
import { never, plainGit, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";

async function count(folder: TestFolder, path: string): Promise<number | null> {
  return countUncommitted(unwrap(await openRepository(path, never)), { scratch: folder.scratch, signal: never });
}

test("changed, staged, deleted and new paths count once each; ignored ones do not", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  for (const name of ["a", "b", "c", "d"]) user.write(name, `${name}\n`);
  user.write(".gitignore", "*.log\n").commit();
  expect(await count(folder, user.path)).toBe(0);
  user.write("a", "changed\n").write("b", "staged\n").write("new/one", "").write("new/two\n", "").write("x.log", "").write("hidden", "");
  user.git("add", "b");
  user.git("mv", "d", "renamed");
  rmSync(join(user.path, "c"));
  user.write(".git/info/exclude", "hidden\n");
  expect(await count(folder, user.path)).toBe(7);
});

test("the user's index is left as it is, also when it is stale", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a\n").commit();
  utimesSync(join(user.path, "a"), 1, 1);
  const before = readFileSync(join(user.path, ".git/index"));
  expect(await count(folder, user.path)).toBe(0);
  expect(readFileSync(join(user.path, ".git/index"))).toEqual(before);
});

test("a linked worktree and a split index are looked at; without a work tree or a commit the number is not known", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a\n").commit();
  user.git("worktree", "add", "--quiet", folder.at("tree"));
  new UserRepository(folder.at("tree")).write("n", "");
  expect(await count(folder, folder.at("tree"))).toBe(1);
  user.git("update-index", "--split-index");
  user.write("a", "b\n");
  expect(await count(folder, user.path)).toBe(1);
  plainGit(folder.path, ["clone", "--quiet", "--bare", "user", "bare"]);
  expect(await count(folder, folder.at("bare"))).toBe(null);
  user.git("checkout", "--quiet", "--orphan", "fresh");
  expect(await count(folder, user.path)).toBe(null);
});
