import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { applyPatch } from "./apply-patch.ts";
import { diffTree } from "./diff-tree.ts";
import {
  contentsOf,
  never,
  plainGit,
  placeOf,
  snapshotOf,
  tarOf,
  TestFolder,
  treeByGit,
  UserRepository,
  workspaceOf,
  writeAt,
} from "./temporary-repository.conformance.ts";
import type { UnpackedSnapshot } from "./unpack-snapshot.ts";

interface Export {
  readonly kind?: "delta" | "full";
  readonly deleted?: readonly string[];
  readonly tar: Readable;
}

async function diff(folder: TestFolder, snapshot: UnpackedSnapshot, { kind = "delta", deleted = [], tar }: Export) {
  const { gitDir, commit } = snapshot;
  const made = unwrap(await diffTree({ gitDir, commit, tree: { kind, deleted, tar }, scratch: folder.scratch }, never));
  const applied = unwrap(await applyPatch({ gitDir, commit, patch: made.patch, scratch: folder.scratch }, never));
  expect(applied).toBe(made.finalTree);
  expect(readdirSync(folder.scratch).filter((name) => name.startsWith("scratch-"))).toEqual([]);
  return { ...made, text: Buffer.from(made.patch).toString("latin1") };
}

/** Entries as tar-stream writes them, for tars that no honest program makes. */
function tarOfEntries(...entries: Parameters<ReturnType<typeof pack>["entry"]>[0][]): Readable {
  const made = pack();
  for (const entry of entries) made.entry(entry, "content" in entry ? String(entry.content) : "");
  made.finalize();
  return Readable.from(made as AsyncIterable<Uint8Array>);
}

const file = (name: string, content = "x\n", mode = 0o644) => ({ name, content, mode });
const nothing = () => tarOfEntries();

async function simple(folder: TestFolder): Promise<{ user: UserRepository; snapshot: UnpackedSnapshot }> {
  const user = new UserRepository(folder.at("user"));
  user.write("a.txt", "one\ntwo\nthree\n").write("dir/b.txt", "b\n").write("dir/c.txt", "c\n").write("run.sh", "#!/bin/sh\n", 0o755);
  user
    .link("link", "a.txt")
    .write(".gitignore", "*.log\nbuild/\n!keep.log\n")
    .write("dir/tracked.log", "log\n")
    .write("build/out", "out\n");
  user.commit();
  return { user, snapshot: await snapshotOf(folder, user) };
}

/** Names in the final tree. */
function namesIn(user: UserRepository, patch: Uint8Array): string[] {
  writeFileSync(`${user.path}/../patch`, patch);
  plainGit(user.path, ["checkout", "--quiet", "--force", "HEAD"]);
  if (patch.length > 0) plainGit(user.path, ["apply", "--index", "../patch"]);
  return plainGit(user.path, ["ls-files", "-z"]).toString("utf8").split("\0").slice(0, -1);
}

test("nothing changed: an empty patch and the snapshot's tree", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const same = tarOfEntries(file("a.txt", "one\ntwo\nthree\n"), { name: "dir/", type: "directory" });
  for (const made of [await diff(folder, snapshot, { tar: nothing() }), await diff(folder, snapshot, { tar: same })]) {
    expect(made).toMatchObject({ finalTree: snapshot.tree, size: { files: 0, added: 0, removed: 0 } });
    expect(made.patch).toHaveLength(0);
  }
  const full = await diff(folder, snapshot, { kind: "full", tar: tarOf(snapshot.folder) });
  expect(full).toMatchObject({ finalTree: snapshot.tree, text: "" });
});

test("an edit has the patch a person expects, and its size", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const made = await diff(folder, snapshot, { tar: tarOfEntries(file("./a.txt", "one\n2\nthree\nfour\n")) });
  expect(made.text).toBe(
    `diff --git a/a.txt b/a.txt
index 4cb29ea38f70d7c61b2a3a25b02e3bdf44905402..${"a".repeat(40)} 100644
--- a/a.txt
+++ b/a.txt
@@ -1,3 +1,4 @@
 one
-two
+2
 three
+four
`.replace("a".repeat(40), made.text.match(/\.\.([0-9a-f]{40})/)?.[1] ?? ""),
  );
  expect(made.size).toEqual({ files: 1, added: 2, removed: 1 });
});

test("new files that the rules ignore stay out, tracked ones stay in, and the final rules count", async () => {
  using folder = new TestFolder();
  const { user, snapshot } = await simple(folder);
  const tar = tarOfEntries(
    file("new.txt"),
    file("new.log"),
    file("keep.log"),
    file("dir/tracked.log", "changed\n"),
    file("build/out", "changed\n"),
    file("build/new"),
    file(".pytest_cache/.gitignore", "*\n"),
    file(".pytest_cache/v/cache", "x"),
    file("sub/.gitignore", "/x\n"),
    file("sub/x"),
    file("sub/deep/x"),
    file(":(top)magic"),
    file(":(exclude)magic"),
    file("[glob]*?"),
  );
  const made = await diff(folder, snapshot, { tar });
  const before = plainGit(snapshot.folder, ["ls-files"]).toString().trim().split("\n");
  const expected = [...before, "new.txt", "keep.log", "sub/.gitignore", "sub/deep/x", ":(top)magic", ":(exclude)magic", "[glob]*?"];
  expect(namesIn(user, made.patch).sort()).toEqual(expected.sort());
  expect(made.text).toContain("+changed");
});

test("rules that the agent wrote, widened or removed are the ones in force", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const written = await diff(folder, snapshot, { tar: tarOfEntries(file("new.tmp"), file("new.log"), file(".gitignore", "*.tmp\n")) });
  expect(written.text).toContain("b/new.log");
  expect(written.text).not.toContain("b/new.tmp");
  const removed = await diff(folder, snapshot, { deleted: [".gitignore"], tar: tarOfEntries(file("new.log")) });
  expect(removed.text).toContain("b/new.log");
  const link = tarOfEntries({ name: ".gitignore", type: "symlink", linkname: "/etc/hostname" }, file("new.log"));
  expect((await diff(folder, snapshot, { tar: link })).text).toContain("b/new.log");
});

test("attributes neither change bytes nor hide text, and no driver is asked", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  user.write("a.x", "one\n").write("b.lock", "l\n").write("c.id", "$Id$\n").commit();
  user.write(
    ".gitattributes",
    "[attr]hide -diff -text\n*.x -diff\n*.lock hide\n*.id ident diff=evil\n*.crlf eol=crlf\n*.u working-tree-encoding=UTF-16\n",
  );
  user.git("add", ".gitattributes");
  user.git("commit", "--quiet", "-m", "attributes");
  const snapshot = await snapshotOf(folder, user);
  const tar = tarOfEntries(
    file("a.x", "two\n"),
    file("b.lock", "m\n"),
    file("c.id", "$Id$\nmore\n"),
    file("d.crlf", "a\r\nb\n"),
    file("e.u", "plain\n"),
  );
  const made = await diff(folder, snapshot, { tar });
  expect(made.text).not.toContain("Binary");
  for (const line of ["-one\n+two\n", "-l\n+m\n", " $Id$\n+more\n", "+a\r\n+b\n", "+plain\n"]) expect(made.text).toContain(line);
  expect(made.size).toEqual({ files: 5, added: 6, removed: 2 });
});

test("files, folders and links become each other", async () => {
  using folder = new TestFolder();
  const { user, snapshot } = await simple(folder);
  const tar = tarOfEntries(
    { name: "a.txt", type: "directory" },
    file("a.txt/inside"),
    file("dir", "now a file\n"),
    file("link", "now a file\n"),
    { name: "run.sh", type: "symlink", linkname: "dir" },
    { name: "build", type: "symlink", linkname: "dir" },
  );
  const made = await diff(folder, snapshot, { deleted: ["a.txt", "dir"], tar });
  expect(namesIn(user, made.patch)).toEqual([".gitignore", "a.txt/inside", "build", "dir", "link", "run.sh"]);
  const silent = await diff(folder, snapshot, { tar: tarOfEntries(file("a.txt/inside"), file("dir", "now a file\n")) });
  expect(namesIn(user, silent.patch)).toEqual([".gitignore", "a.txt/inside", "build/out", "dir", "link", "run.sh"]);
});

test("a folder's path deletes all beneath it, and what the tar brings back is there", async () => {
  using folder = new TestFolder();
  const { user, snapshot } = await simple(folder);
  const opaque = await diff(folder, snapshot, { deleted: ["dir", "./build/", "not-there"], tar: tarOfEntries(file("dir/c.txt", "c\n")) });
  expect(namesIn(user, opaque.patch)).toEqual([".gitignore", "a.txt", "dir/c.txt", "link", "run.sh"]);
  const everything = await diff(folder, snapshot, { deleted: [""], tar: nothing() });
  expect(everything.finalTree).toBe("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
  expect((await diff(folder, snapshot, { kind: "full", tar: nothing() })).finalTree).toBe(everything.finalTree);
});

test("paths that leave the workspace, `.git` in any case, and special files are left out, and no file is made of anything", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const before = [...contentsOf(folder.path).keys()];
  const outside = folder.at("victim");
  const tar = tarOfEntries(
    file("../victim"),
    file("dir/../../victim"),
    file(outside),
    file(".git/hooks/post-checkout"),
    file("dir/.GIT/config"),
    file(".git"),
    { name: "planted", type: "symlink", linkname: folder.path },
    file("planted/victim"),
    { name: "fifo", type: "fifo" },
    { name: "device", type: "character-device" },
    { name: ".gitmodules", type: "symlink", linkname: "a" },
    { name: "hard", type: "link", linkname: "../victim" },
    { name: "run.sh", type: "fifo" },
    file("n".repeat(256)),
    file("ok"),
  );
  const made = await diff(folder, snapshot, { tar });
  expect([...made.text.matchAll(/^diff --git a\/(.*) b\//gm)].map((match) => match[1])).toEqual(["ok", "planted/victim", "run.sh"]);
  expect(made.text).toContain("deleted file mode 100755");
  expect(existsSync(outside)).toBe(false);
  expect([...contentsOf(folder.path).keys()].filter((path) => !path.startsWith("scratch"))).toEqual(
    before.filter((path) => !path.startsWith("scratch")),
  );
});

test("modes, hard links, empty files, missing final newlines, binaries, CRLF and bytes that are no text", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const work = workspaceOf(folder, snapshot);
  chmodSync(join(work, "run.sh"), 0o644);
  chmodSync(join(work, "a.txt"), 0o755);
  writeAt(work, "empty", { content: "" });
  writeAt(work, "dir/b.txt", { content: "" });
  writeAt(work, "dir/c.txt", { content: "no newline" });
  writeAt(work, "binary", { content: Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) % 256)) });
  writeAt(work, "crlf", { content: "a\r\nb\r" });
  writeAt(work, "latin", { content: Buffer.from("caf\xe9\n", "latin1") });
  writeAt(work, "large", { content: Buffer.alloc(5_000_000, "line of text\n") });
  linkSync(join(work, "large"), join(work, "twin"));
  symlinkSync("x".repeat(300), join(work, "long-link"));
  const made = await diff(folder, snapshot, { kind: "full", tar: tarOf(work) });
  expect(made.finalTree).toBe(treeByGit(work));
  expect(made.text).toContain("GIT binary patch");
  expect(made.text).toContain("old mode 100755\nnew mode 100644");
  expect(made.text).toContain("\\ No newline at end of file");
});

test("names of every kind survive, as bytes", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const names = [
    "a b",
    '"q"',
    "new\nline",
    "tab\t",
    "ünïcode/✓",
    "-dash",
    ":colon",
    "back\\slash",
    "*?[x]",
    "#hash",
    " lead",
    "trail ",
    "~",
    "git~1",
    "e\u0301",
  ].map((name) => Buffer.from(name));
  names.push(Buffer.from("caf\xe9/\xff\x01", "latin1"));
  user.git("config", "core.protectNTFS", "false");
  for (const name of names) user.write(name, "old\n");
  user.commit();
  const snapshot = await snapshotOf(folder, user);
  const work = workspaceOf(folder, snapshot);
  plainGit(work, ["config", "core.protectNTFS", "false"]);
  for (const name of names.slice(0, 8)) writeFileSync(placeOf(work, name), "new\n");
  for (const name of names.slice(8)) rmSync(placeOf(work, name));
  for (const name of names) writeAt(work, Buffer.concat([Buffer.from("added/"), name]), { content: "more\n" });
  const full = await diff(folder, snapshot, { kind: "full", tar: tarOf(work) });
  expect(full.finalTree).toBe(treeByGit(work));
  expect(full.size.files).toBe(names.length * 2);
  const paths = [...contentsOf(work)].filter(([, content]) => content !== "folder").map(([path]) => path);
  const deleted = names.slice(8, -1).map((name) => name.toString("utf8"));
  const partial = await diff(folder, snapshot, { deleted, tar: tarOf(work, paths) });
  // A deletion whose name is not UTF-8 cannot be said in a delta.
  expect(partial.size.files).toBe(names.length * 2 - 1);
});

test("names in pax headers are read as UTF-8", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const work = workspaceOf(folder, snapshot);
  writeAt(work, `ü/${"long".repeat(50)}/${"name".repeat(40)}`, { content: "x" });
  symlinkSync("ziel-ü".repeat(30), join(work, "ü-link"));
  const tar = execFileSync("tar", ["--format=posix", "--exclude=.git", "-cf", "-", "."], { cwd: work });
  const made = await diff(folder, snapshot, { kind: "full", tar: Readable.from([tar]) });
  expect(made.finalTree).toBe(treeByGit(work));
});

test("submodules stay while their folder does, and go with it; what lies inside one is not taken", async () => {
  using folder = new TestFolder();
  new UserRepository(folder.at("user/sub")).write("x", "x").commit();
  const user = new UserRepository(folder.at("user"));
  user.write("a", "a").commit();
  const snapshot = await snapshotOf(folder, user);
  const work = workspaceOf(folder, snapshot);
  expect(await diff(folder, snapshot, { kind: "full", tar: tarOf(work) })).toMatchObject({ finalTree: snapshot.tree });
  writeAt(work, "sub/deep/file", { content: "x" });
  expect(await diff(folder, snapshot, { kind: "full", tar: tarOf(work) })).toMatchObject({ finalTree: snapshot.tree });
  expect(await diff(folder, snapshot, { tar: tarOf(work, ["sub/deep", "sub/deep/file"]) })).toMatchObject({ finalTree: snapshot.tree });
  rmSync(join(work, "sub"), { recursive: true });
  const gone = await diff(folder, snapshot, { kind: "full", tar: tarOf(work) });
  expect(gone.text).toContain("deleted file mode 160000");
  const replaced = await diff(folder, snapshot, { deleted: ["sub"], tar: tarOfEntries(file("sub/now-files")) });
  expect(replaced.text).toContain("b/sub/now-files");
});

test("a tar that breaks off is a failure, never a deletion of what is missing", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const whole = execFileSync("tar", ["--exclude=.git", "-cf", "-", "."], { cwd: snapshot.folder });
  const { gitDir, commit } = snapshot;
  const attempt = (tar: Readable, signal = never) =>
    diffTree({ gitDir, commit, tree: { kind: "full", deleted: [], tar }, scratch: folder.scratch }, signal);
  for (const length of [0, 512, 700, 1024, 2048, 3000]) {
    expect(await attempt(Readable.from([whole.subarray(0, length)]))).toMatchObject({
      ok: false,
      error: { boundary: "sandbox", code: "broken-export", retryable: true },
    });
  }
  expect(await attempt(Readable.from([Buffer.alloc(4096, "junk")]))).toMatchObject({ ok: false, error: { code: "broken-export" } });
  const dying = new Readable({
    read() {
      this.destroy(new Error("sandbox died"));
    },
  });
  expect(await attempt(dying)).toMatchObject({
    ok: false,
    error: { code: "broken-export", message: expect.stringContaining("sandbox died") },
  });
  const endless = new Readable({ read() {} });
  const stopped = attempt(endless, AbortSignal.timeout(50));
  expect(await stopped).toMatchObject({ ok: false, error: { code: "cancelled" } });
  expect(endless.destroyed).toBe(true);
  expect(readdirSync(folder.scratch).filter((name) => name.startsWith("scratch-"))).toEqual([]);
});

test("the snapshot does not grow, and many diffs at once do not meet", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const before = contentsOf(snapshot.gitDir);
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      diffTree(
        { ...snapshot, tree: { kind: "delta", deleted: [], tar: tarOfEntries(file(`f${index}`)) }, scratch: folder.at("many") },
        never,
      ),
    ),
  );
  expect(made.map((one) => Buffer.from(unwrap(one).patch).includes("+x"))).toEqual(Array.from({ length: 8 }, () => true));
  expect(contentsOf(snapshot.gitDir)).toEqual(before);
});

test("sha256 repositories have patches too", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"), "--object-format=sha256");
  user.write("a", "a\n").commit();
  const snapshot = await snapshotOf(folder, user);
  const made = await diff(folder, snapshot, { deleted: ["a"], tar: tarOfEntries(file("b", "b\n")) });
  expect(made.finalTree).toHaveLength(64);
  expect(made.size).toEqual({ files: 2, added: 1, removed: 1 });
});

test("a renamed folder is deletions and additions", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const work = workspaceOf(folder, snapshot);
  renameSync(join(work, "dir"), join(work, "moved"));
  mkdirSync(join(work, "hollow"));
  const made = await diff(folder, snapshot, { kind: "full", tar: tarOf(work) });
  expect(made.finalTree).toBe(treeByGit(work));
  expect(made.text).not.toContain("rename");
});

test("what is too large to be taken is the agent's failure, told from the headers alone", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const { gitDir, commit } = snapshot;
  const made = (tar: Readable, limits: { mostBytes?: number; mostPatchBytes?: number }) =>
    diffTree({ gitDir, commit, tree: { kind: "delta", deleted: [], tar }, scratch: folder.scratch, ...limits }, never);
  // Only a header: of the content nothing ever comes.
  const header = Buffer.alloc(512);
  header.write("huge.bin");
  header.write("0000644\0", 100);
  header.write("77777777777\0", 124);
  header.write("        0", 148);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 0`, 148);
  const endless = Readable.from(
    (async function* () {
      yield header;
      await new Promise(() => {});
    })(),
  );
  const failed = { ok: false, error: { boundary: "agent", code: "change-too-large", retryable: false, wholeRun: false } };
  expect(await made(endless, {})).toMatchObject(failed);
  const long = file("long.txt", "a line of some length\n".repeat(200));
  expect(await made(tarOfEntries(long), { mostPatchBytes: 1000 })).toMatchObject(failed);
  expect((await made(tarOfEntries(long), { mostPatchBytes: 10_000 })).ok).toBe(true);
  expect(readdirSync(folder.scratch).filter((name) => name.startsWith("scratch-"))).toEqual([]);
});
