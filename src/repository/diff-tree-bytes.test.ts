import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { diff, simple } from "./diffed-tree.conformance.ts";
import {
  contentsOf,
  placeOf,
  plainGit,
  snapshotOf,
  tarOf,
  TestFolder,
  treeByGit,
  UserRepository,
  workspaceOf,
  writeAt,
} from "./temporary-repository.conformance.ts";

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
