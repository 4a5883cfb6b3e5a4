import { expect, test } from "vitest";
import { diff, file, namesIn, simple, tarOfEntries } from "./diffed-tree.conformance.ts";
import { plainGit, snapshotOf, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";

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
