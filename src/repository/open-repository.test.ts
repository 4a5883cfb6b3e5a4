import { chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { firstParentHistory, resolveCommit } from "./history.ts";
import { openRepository } from "./open-repository.ts";
import { never, plainGit, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";

async function problem(path: string): Promise<string> {
  const opened = await openRepository(path, never);
  if (opened.ok) throw new Error("opened");
  expect(opened.error).toMatchObject({ boundary: "repository", retryable: false });
  expect(opened.error.message).toContain(path);
  return opened.error.code;
}

test("a work tree is found from its top, from a folder inside, from its .git and through a link", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("shop"));
  user.write("deep/er/a", "a").commit();
  symlinkSync(user.path, folder.at("link"));
  const top = await user.open();
  expect(top).toMatchObject({ name: "shop", gitDir: join(user.path, ".git"), path: user.path, bare: false, hash: "sha1" });
  expect(top.within).toBe("");
  expect(unwrap(await openRepository(join(user.path, "deep/er"), never))).toEqual({ ...top, within: "deep/er" });
  expect(unwrap(await openRepository(folder.at("link"), never))).toEqual(top);
  expect(unwrap(await openRepository(join(user.path, ".git"), never))).toMatchObject({ name: "shop", bare: true });
});

test("a bare repository and a linked worktree are opened; the worktree has its own HEAD and the main one's name", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("shop"));
  const first = user.write("a", "a").commit();
  plainGit(folder.path, ["clone", "--quiet", "--bare", "shop", "copy.git"]);
  const bare = unwrap(await openRepository(folder.at("copy.git"), never));
  expect(bare).toMatchObject({ name: "copy", gitDir: folder.at("copy.git"), path: folder.at("copy.git"), bare: true });

  user.git("worktree", "add", "--quiet", "-b", "other", folder.at("tree"));
  writeFileSync(folder.at("tree/b"), "b");
  plainGit(folder.at("tree"), ["add", "b"]);
  plainGit(folder.at("tree"), ["commit", "--quiet", "-m", "b"]);
  const linked = unwrap(await openRepository(folder.at("tree"), never));
  expect(linked).toMatchObject({ name: "shop", path: folder.at("tree"), bare: false, commonDir: join(user.path, ".git") });
  const head = unwrap(await resolveCommit(linked, "HEAD", never));
  expect(unwrap(await firstParentHistory(linked, head, never)).map((commit) => commit.id)).toEqual([head, first]);
});

test("sha256 repositories say so", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("shop"), "--object-format=sha256");
  user.write("a", "a").commit();
  expect((await user.open()).hash).toBe("sha256");
});

test("odd names of folders are taken as they are", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at('-odd\nna:me "q" ü'));
  user.write("a", "a").commit();
  expect(await user.open()).toMatchObject({ name: '-odd\nna:me "q" ü', path: user.path });
});

test("what cannot be opened is refused in one sentence that names the path", async () => {
  using folder = new TestFolder();
  writeFileSync(folder.at("file"), "");
  mkdirSync(folder.at("plain"));
  const empty = new UserRepository(folder.at("empty"));
  expect(await problem(folder.at("missing"))).toBe("no-such-path");
  expect(await problem(folder.at("file/below"))).toBe("no-such-path");
  expect(await problem(folder.at("file"))).toBe("not-a-repository");
  expect(await problem(folder.at("plain"))).toBe("not-a-repository");
  expect(await problem(empty.path)).toBe("no-commits");
});

test("a repository whose HEAD has no commit opens when a branch has one", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("shop"));
  const commit = user.write("a", "a").commit();
  user.git("checkout", "--quiet", "--orphan", "fresh");
  const repository = await user.open();
  expect(unwrap(await resolveCommit(repository, "main", never))).toBe(commit);
  expect(await resolveCommit(repository, "HEAD", never)).toMatchObject({ ok: false, error: { code: "unknown-revision" } });
});

const noOwners = process.getuid?.() === 0 ? null : "only root gives files to another account";

test("a repository owned by another account opens", skippedIf(noOwners), async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("shop"));
  const commit = user.write("a", "a").commit();
  for (const name of readdirSync(folder.path, { recursive: true, encoding: "utf8" })) chownSync(folder.at(name), 54_321, 54_321);
  const opened = await user.open();
  expect(unwrap(await resolveCommit(opened, "HEAD", never))).toBe(commit);
});
