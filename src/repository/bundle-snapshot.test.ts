import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { bundleSnapshot } from "./bundle-snapshot.ts";
import { openRepository } from "./open-repository.ts";
import { never, plainGit, snapshotOf, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";

/** Every path of a folder with all its times but that of access. */
function stateOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { size, mtimeMs, ctimeMs } = lstatSync(join(folder, name));
      return `${name} ${size} ${mtimeMs} ${ctimeMs}`;
    });
}

async function bundle(folder: TestFolder, user: UserRepository, commit: string) {
  return unwrap(await bundleSnapshot({ repository: await user.open(), commit, scratch: folder.scratch }, never));
}

test("equal files give an equal commit with no parent, whatever the history, message, author and packing", async () => {
  using folder = new TestFolder();
  const one = new UserRepository(folder.at("one"));
  one.write("a/b", "secret past").commit("past");
  const first = one.write("a/b", "now\n").write("run", "#!", 0o755).link("l", "a").commit("second");
  const two = new UserRepository(folder.at("two"));
  const other = two.write("a/b", "now\n").write("run", "#!", 0o755).link("l", "a").commit("other words");
  two.git("gc", "--quiet");
  const made = await bundle(folder, one, first);
  const again = await bundle(folder, two, other);
  expect([again.commit, again.tree]).toEqual([made.commit, made.tree]);
  expect(made.tree).toBe(one.git("rev-parse", `${first}^{tree}`));
  // Fixed for ever: this id is in users' ledgers.
  expect(made.commit).toBe("03e58ef396ddce806fcbfaa302328dce3e5c4899");
});

test("the bundle holds the commit and nothing before, beside or after it", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("old", "past").commit();
  user.git("rm", "--quiet", "old");
  const commit = user.write("a", "a").commit();
  user.git("tag", "v1");
  user.write("a", "future").commit();
  const made = await bundle(folder, user, commit);
  plainGit(folder.path, ["clone", "--quiet", "--branch", "main", made.bundlePath, "clone"]);
  const clone = new UserRepository(folder.at("clone"));
  expect(clone.git("log", "--all", "--format=%H %P|%an|%ae|%at|%cn|%ce|%ct|%B")).toBe(
    `${made.commit} |Apprentice|apprentice@localhost|1704067200|Apprentice|apprentice@localhost|1704067200|Snapshot`,
  );
  expect(clone.git("cat-file", "--batch-all-objects", "--batch-check").split("\n")).toHaveLength(3);
  expect(clone.git("tag")).toBe("");
  expect(readdirSync(folder.scratch)).toEqual([`snapshot-${made.commit}.bundle`]);
});

test("the user's repository is not touched, not even its times", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const loose = user.write("a", "a").commit();
  user.git("gc", "--quiet");
  const packed = user.write("b", "b").commit();
  const before = stateOf(user.path);
  const repository = await user.open();
  for (const commit of [loose, packed]) unwrap(await bundleSnapshot({ repository, commit, scratch: folder.scratch }, never));
  expect(stateOf(user.path)).toEqual(before);
});

test("a snapshot of a snapshot is itself", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a").commit();
  const snapshot = await snapshotOf(folder, user);
  plainGit(folder.path, ["clone", "--quiet", snapshot.gitDir, "copy"]);
  const copy = new UserRepository(folder.at("copy"));
  const before = stateOf(copy.path);
  expect((await bundle(folder, copy, snapshot.commit)).commit).toBe(snapshot.commit);
  expect(stateOf(copy.path).filter((line) => !before.includes(line))).toEqual([]);
});

test("submodules, odd names, sha256, a repository that borrows objects, and no files at all", async () => {
  using folder = new TestFolder();
  const inner = new UserRepository(folder.at("user/sub"));
  inner.write("x", "x").commit();
  const user = new UserRepository(folder.at("user"));
  user.write(Buffer.from('caf\xe9 "q"\n\\', "latin1"), "bytes").write("git~1", "w");
  user.git("config", "core.protectNTFS", "false");
  const commit = user.commit();
  expect((await bundle(folder, user, commit)).tree).toBe(user.git("rev-parse", "HEAD^{tree}"));

  plainGit(folder.path, ["clone", "--quiet", "--shared", "--no-checkout", "user", "borrower"]);
  const borrower = new UserRepository(folder.at("borrower"));
  expect((await bundle(folder, borrower, commit)).tree).toBe(user.git("rev-parse", "HEAD^{tree}"));

  const wide = new UserRepository(folder.at("wide"), "--object-format=sha256");
  const wideCommit = wide.write("a", "a").commit();
  expect((await bundle(folder, wide, wideCommit)).commit).toHaveLength(64);

  const empty = new UserRepository(folder.at("empty"));
  expect((await bundle(folder, empty, empty.commit())).tree).toBe("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
});

test("modes that git no longer writes are written as git writes them today", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a").commit();
  const blob = Buffer.from(user.git("rev-parse", "HEAD:a"), "hex");
  const tree = execFileSync("git", ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"], {
    cwd: user.path,
    input: Buffer.concat([Buffer.from("100664 a\0"), blob]),
  });
  const old = user.git("commit-tree", tree.toString("ascii").trim(), "-m", "old");
  expect((await bundle(folder, user, old)).tree).toBe(user.git("rev-parse", "HEAD^{tree}"));
});

test("files that the clone never fetched are a failure that says so", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const commit = user.write("a", "a").commit();
  user.git("config", "uploadpack.allowFilter", "true");
  plainGit(folder.path, ["clone", "--quiet", "--bare", "--filter=blob:none", `file://${user.path}`, "partial"]);
  const repository = unwrap(await openRepository(folder.at("partial"), never));
  const made = await bundleSnapshot({ repository, commit, scratch: folder.scratch }, never);
  expect(made).toMatchObject({ ok: false, error: { boundary: "repository", code: "git-failed" } });
  expect(readdirSync(folder.scratch)).toEqual([]);
});
