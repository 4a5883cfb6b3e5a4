import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { diffTree } from "./diff-tree.ts";
import { diff, file, namesIn, nothing, simple, tarOfEntries } from "./diffed-tree.conformance.ts";
import {
  contentsOf,
  never,
  snapshotOf,
  tarOf,
  TestFolder,
  treeByGit,
  UserRepository,
  workspaceOf,
  writeAt,
} from "./temporary-repository.conformance.ts";

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
