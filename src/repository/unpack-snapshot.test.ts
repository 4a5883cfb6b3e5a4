import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { bundleSnapshot } from "./bundle-snapshot.ts";
import { settleFiles } from "./settle-files.ts";
import { contentsOf, never, plainGit, snapshotOf, TestFolder, UserRepository, workspaceOf } from "./temporary-repository.conformance.ts";
import { unpackSnapshot } from "./unpack-snapshot.ts";

const attributes = [
  "*.txt text eol=crlf",
  "*.id ident",
  "*.u16 working-tree-encoding=UTF-16 text",
  "*.lfs filter=lfs diff=lfs merge=lfs -text",
  "*.sub export-subst",
  "",
].join("\n");

function richRepository(folder: TestFolder): UserRepository {
  const user = new UserRepository(folder.at("user"));
  user.write("crlf.txt", "a\r\nb\n").write("lf.txt", "a\nb\n").write("x.id", "$Id$\n").write("x.u16", "plain\n");
  user.write("x.lfs", "version https://git-lfs.github.com/spec/v1\n").write("x.sub", "$Format:%H$\n");
  user.write("run.sh", "#!/bin/sh\n", 0o755).link("link", "run.sh").link("deep/dangling", "/nowhere").write("empty", "");
  user.write(Buffer.from("caf\xe9", "latin1"), "bytes").write(".gitignore", "ignored\n").write("ignored", "tracked all the same");
  user.commit("before attributes");
  user.write(".gitattributes", attributes);
  user.git("add", ".gitattributes");
  user.git("commit", "--quiet", "-m", "attributes");
  return user;
}

test("every file holds its blob's bytes whatever the attributes say; links and programs stay what they are", async () => {
  using folder = new TestFolder();
  const user = richRepository(folder);
  const snapshot = await snapshotOf(folder, user);
  expect(contentsOf(snapshot.folder)).toEqual(contentsOf(user.path));
  expect(plainGit(snapshot.folder, ["rev-parse", "HEAD^{tree}"]).toString().trim()).toBe(snapshot.tree);
});

test("in the work tree git sees one clean commit on main and no more", async () => {
  using folder = new TestFolder();
  const snapshot = await snapshotOf(folder, richRepository(folder));
  const git = (...args: string[]) => plainGit(snapshot.folder, args).toString("utf8").trim();
  expect(git("status", "--porcelain", "--ignored")).toBe("");
  expect(git("diff", "HEAD")).toBe("");
  expect(git("log", "--all", "--format=%H %P")).toBe(snapshot.commit);
  expect(git("symbolic-ref", "HEAD")).toBe("refs/heads/main");
  expect(git("remote")).toBe("");
  expect(readdirSync(join(snapshot.folder, ".git"))).not.toContain("hooks");
  expect(git("fsck", "--full", "--strict")).toBe("");
  writeFileSync(join(snapshot.folder, "lf.txt"), "a\nc\n");
  expect(git("status", "--porcelain")).toBe("M lf.txt");
  git("commit", "--quiet", "--all", "-m", "an agent may commit");
});

test("status reads no file: all are known by size and second, which are the same on every machine", async () => {
  using folder = new TestFolder();
  const snapshot = await snapshotOf(folder, richRepository(folder));
  for (const [path, content] of contentsOf(snapshot.folder)) {
    const stat = lstatSync(Buffer.from(`${snapshot.folder}/${path}`, "latin1"));
    expect([path, stat.mtimeMs]).toEqual([path, 1_704_067_200_000]);
    if (content.startsWith("file")) expect([path, stat.mode & 0o777]).toEqual([path, 0o644]);
    if (content.startsWith("program") || content === "folder") expect([path, stat.mode & 0o777]).toEqual([path, 0o755]);
  }
  const listed = plainGit(snapshot.folder, ["ls-files", "--debug", "lf.txt"]).toString("utf8");
  expect(listed).toMatch(/mtime: 1704067200:0/);
  // The proof that content is not read: other bytes of equal size and second pass for unchanged, in a copy with other inodes.
  const copy = workspaceOf(folder, snapshot);
  const changed = join(copy, "lf.txt");
  writeFileSync(changed, "x\ny\n");
  utimesSync(changed, 1_704_067_200, 1_704_067_200);
  expect(plainGit(copy, ["status", "--porcelain"]).toString("utf8")).toBe("");
});

test("submodules are empty folders, and sha256 and no files at all work", async () => {
  using folder = new TestFolder();
  const inner = new UserRepository(folder.at("user/sub"));
  inner.write("x", "x").commit();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a").commit();
  const snapshot = await snapshotOf(folder, user);
  expect(readdirSync(join(snapshot.folder, "sub"))).toEqual([]);
  expect(plainGit(snapshot.folder, ["status", "--porcelain"]).toString()).toBe("");
  const wide = new UserRepository(folder.at("wide"), "--object-format=sha256");
  wide.write("a", "a").commit();
  const unpacked = await snapshotOf(folder, wide);
  expect(plainGit(unpacked.folder, ["status", "--porcelain"]).toString()).toBe("");
  const empty = new UserRepository(folder.at("empty"));
  empty.commit();
  expect(contentsOf((await snapshotOf(folder, empty)).folder)).toEqual(new Map());
});

test("it is unpacked once, also by many at the same time, and nothing half-made stays", async () => {
  using folder = new TestFolder();
  const user = richRepository(folder);
  const repository = await user.open();
  const commit = user.git("rev-parse", "HEAD");
  const { bundlePath } = unwrap(await bundleSnapshot({ repository, commit, scratch: folder.scratch }, never));
  const root = folder.at("cache");
  const request = { bundlePath, root, id: "one", owner: null };
  const all = await Promise.all(Array.from({ length: 6 }, () => unpackSnapshot(request, never)));
  expect(new Set(all.map((one) => JSON.stringify(unwrap(one)))).size).toBe(1);
  expect(readdirSync(root)).toEqual(["one"]);
  const before = lstatSync(join(root, "one/tree/lf.txt")).ino;
  rmSync(bundlePath);
  expect(unwrap(await unpackSnapshot(request, never)).folder).toBe(join(root, "one/tree"));
  expect(lstatSync(join(root, "one/tree/lf.txt")).ino).toBe(before);
});

test("a broken bundle and a stop leave nothing behind", async () => {
  using folder = new TestFolder();
  const user = richRepository(folder);
  const repository = await user.open();
  const made = unwrap(await bundleSnapshot({ repository, commit: user.git("rev-parse", "HEAD"), scratch: folder.scratch }, never));
  const root = folder.at("cache");
  const whole = readFileSync(made.bundlePath);
  const unpack = (bytes: Uint8Array, signal = never) => {
    writeFileSync(folder.at("bundle"), bytes);
    return unpackSnapshot({ bundlePath: folder.at("bundle"), root, id: "one", owner: null }, signal);
  };
  expect(await unpack(Buffer.from("no bundle"))).toMatchObject({ ok: false, error: { boundary: "repository", code: "bad-bundle" } });
  expect(await unpack(whole.subarray(0, whole.length - 30))).toMatchObject({ ok: false, error: { code: "git-failed" } });
  expect(await unpack(whole, AbortSignal.abort())).toMatchObject({ ok: false, error: { code: "cancelled" } });
  expect(readdirSync(root)).toEqual([]);
  unwrap(await unpack(whole));
});

const noOwners = process.getuid?.() === 0 ? null : "only root gives files to another account";

test("with an owner the work tree is theirs and the git folder ours; another owner is refused", skippedIf(noOwners), async () => {
  using folder = new TestFolder();
  const user = richRepository(folder);
  const snapshot = await snapshotOf(folder, user, 54_321);
  const owners = (root: string) => new Set(execFileSync("find", [root, "-printf", "%U\n"]).toString().trim().split("\n"));
  expect(owners(snapshot.folder)).toEqual(new Set(["54321"]));
  expect(owners(snapshot.gitDir)).toEqual(new Set(["0"]));
  expect(plainGit(snapshot.folder, ["status", "--porcelain"]).toString()).toBe("");
  const repository = await user.open();
  const { bundlePath } = unwrap(
    await bundleSnapshot({ repository, commit: user.git("rev-parse", "HEAD"), scratch: folder.scratch }, never),
  );
  const other = await unpackSnapshot({ bundlePath, root: folder.at("cache"), id: snapshot.commit.slice(0, 12), owner: 12_345 }, never);
  expect(other).toMatchObject({ ok: false, error: { code: "snapshot-owner" } });
  expect(existsSync(snapshot.folder)).toBe(true);
});

test("a private umask does not hide the files from a sandbox's account", async () => {
  using folder = new TestFolder();
  const user = richRepository(folder);
  const place = user.path;
  chmodSync(join(place, "lf.txt"), 0o600);
  chmodSync(join(place, "run.sh"), 0o700);
  chmodSync(join(place, "deep"), 0o700);
  await settleFiles(Buffer.from(place), { owner: null, time: null });
  const modes = ["lf.txt", "run.sh", "deep"].map((name) => lstatSync(join(place, name)).mode & 0o777);
  expect(modes).toEqual([0o644, 0o755, 0o755]);
});
