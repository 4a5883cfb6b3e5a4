import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { parsePatch } from "./parse-patch.ts";
import type { ParsedFile } from "./parsed-patch.ts";
import { displayText } from "./patch-text.ts";
import { patchSize } from "./patch-size.ts";

const changes = (file: ParsedFile | undefined) =>
  file?.hunks.flatMap((hunk) => hunk.lines.filter((line) => line.sign !== " ").map((line) => line.sign + displayText(line.text)));
const only = (patch: Uint8Array | string): ParsedFile => {
  const { files } = unwrap(parsePatch(patch));
  expect(files).toHaveLength(1);
  const [file] = files;
  if (file === undefined) throw new Error("no file");
  return file;
};
const problem = (patch: Uint8Array | string) => {
  const parsed = parsePatch(patch);
  if (parsed.ok) throw new Error("this should not have been read as a diff");
  return parsed.error;
};

describe("what real git writes", () => {
  let folder = "";
  const git = (...args: string[]): Buffer =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.autocrlf=false", ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" },
    });
  const write = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  const numbered = Array.from({ length: 40 }, (_, index) => `line ${index}\n`).join("");

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "parse-patch-"));
    git("init", "-q");
    mkdirSync(join(folder, "b"));
    write("query.sql", "-- first\nselect 1;\n-- second\n++ odd\n");
    write("with space.txt", "one\ntwo\n");
    write("ä b.txt", "eins\n");
    write('tab\tand "quote".txt', "x\n");
    write("moved.txt", numbered);
    write("copied.txt", numbered.replaceAll("line", "row"));
    write("script.sh", "echo\n");
    write("image.bin", Buffer.from([0, 1, 2, 3, 0, 255, 254]));
    write("gone.txt", "bye\n");
    write("end.txt", "a\nb");
    write("crlf.txt", "a\r\nb\r\n");
    write("latin.txt", Buffer.from([0x66, 0xfc, 0x72, 10]));
    write("b/inside.txt", "1\n");
    write("link", "now a file\n");
    git("add", "-A");
    git("update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,module");
    git("commit", "-qm", "base");

    write("query.sql", "-- third\nselect 1;\n--- x\n+++ y\n");
    write("with space.txt", "one\nzwei\n");
    write("ä b.txt", "zwei\n");
    write('tab\tand "quote".txt', "y\n");
    renameSync(join(folder, "moved.txt"), join(folder, "new name.txt"));
    write("new name.txt", numbered.replace("line 7", "line seven"));
    copyFileSync(join(folder, "copied.txt"), join(folder, "copy.txt"));
    write("copied.txt", numbered.replaceAll("line", "row").replace("row 3", "row three"));
    chmodSync(join(folder, "script.sh"), 0o755);
    write("image.bin", Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7) % 256)));
    rmSync(join(folder, "gone.txt"));
    write("end.txt", "a\nc");
    write("crlf.txt", "a\r\nc\r\n");
    write("latin.txt", Buffer.from([0x66, 0xe4, 0x72, 10]));
    write("new empty.txt", "");
    write("b/inside.txt", "2\n");
    rmSync(join(folder, "link"));
    symlinkSync("target", join(folder, "link"));
    git("add", "-A");
    git("update-index", "--add", "--cacheinfo", "160000,2222222222222222222222222222222222222222,module");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What git itself counts: added, removed and path, null for binary. */
  const numstat = (flags: string[]) => {
    const fields = git("diff", "--cached", "--numstat", "-z", ...flags.filter((flag) => /^-[MCR]/.test(flag)))
      .toString("utf8")
      .split("\0");
    const rows: { added: number; removed: number; path: string }[] = [];
    for (let at = 0; at < fields.length - 1; at++) {
      const [added, removed, path = ""] = (fields[at] ?? "")
        .split("\t")
        .map((part, index, all) => (index === 2 ? all.slice(2).join("\t") : part));
      const name = path === "" ? (fields[(at += 2)] ?? "") : path;
      rows.push({ added: Number(added === "-" ? 0 : added), removed: Number(removed === "-" ? 0 : removed), path: name });
    }
    return rows;
  };

  test.each([
    [["--binary", "--full-index"]],
    [["--binary", "-M", "-C", "-C"]],
    [["--no-prefix", "-M"]],
    [["-U0", "-M"]],
    [["-U0", "--no-prefix", "--binary"]],
    [["--src-prefix=i/", "--dst-prefix=w/"]],
    [["-R", "-M"]],
  ])("agrees with git's own counts and paths: %j", (flags) => {
    const patch = unwrap(parsePatch(git("diff", "--cached", ...flags)));
    const ours = patch.files.map((file) => {
      const { added, removed } = patchSize({ files: [file] });
      return { added, removed, path: file.newPath ?? file.oldPath ?? "" };
    });
    // git counts a change of type (file to link) as one row; the patch has two sections for it.
    const merged = new Map<string, { added: number; removed: number; path: string }>();
    for (const row of ours) {
      const known = merged.get(row.path);
      merged.set(row.path, known ? { path: row.path, added: known.added + row.added, removed: known.removed + row.removed } : row);
    }
    expect([...merged.values()].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
      numstat(flags).sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  });

  test("kinds, modes and marks", () => {
    const { files } = unwrap(parsePatch(git("diff", "--cached", "--binary", "-M", "-C", "-C")));
    const byPath = new Map(files.map((file) => [file.newPath ?? file.oldPath, file]));
    expect(byPath.get("new name.txt")).toMatchObject({ kind: "renamed", oldPath: "moved.txt" });
    expect(changes(byPath.get("new name.txt"))).toEqual(["-line 7", "+line seven"]);
    expect(byPath.get("copy.txt")).toMatchObject({ kind: "copied", oldPath: "copied.txt", hunks: [] });
    expect(byPath.get("gone.txt")).toMatchObject({ kind: "deleted", newPath: null, oldMode: "100644", newMode: null });
    expect(byPath.get("new empty.txt")).toMatchObject({ kind: "added", oldPath: null, hunks: [] });
    expect(byPath.get("script.sh")).toMatchObject({ kind: "modified", oldMode: "100644", newMode: "100755", hunks: [] });
    expect(byPath.get("image.bin")).toMatchObject({ binary: true, hunks: [] });
    expect(byPath.get("module")).toMatchObject({ submodule: true, newMode: "160000" });
    expect(byPath.get('tab\tand "quote".txt')).toMatchObject({ kind: "modified" });
    expect(changes(byPath.get("query.sql"))).toEqual(["--- first", "+-- third", "--- second", "-++ odd", "+--- x", "++++ y"]);
    expect(byPath.get("end.txt")?.hunks[0]?.lines.map((line) => line.noNewline)).toEqual([false, true, true]);
    expect(changes(byPath.get("crlf.txt"))).toEqual(["-b\r", "+c\r"]);
    expect(byPath.get("latin.txt")?.hunks[0]?.lines.map((line) => line.text)).toEqual(["f\xfcr", "f\xe4r"]);
  });

  test("a mailed patch with its headers and signature", () => {
    git("commit", "-qm", "change\n\n- one\n+ two\n--- not a file\n");
    const mail = git("format-patch", "-1", "--stdout");
    expect(mail.toString("latin1")).toMatch(/^From /);
    const mailed = patchSize(unwrap(parsePatch(mail)));
    expect(mailed).toEqual(patchSize(unwrap(parsePatch(git("diff", "HEAD~1", "HEAD", "-M")))));
    expect(mailed.files).toBeGreaterThan(10);
  });
});

const edit = "@@ -1,2 +1,2 @@\n a\n-b\n+c\n";

test("line numbers of the files and of the patch", () => {
  const [hunk] = only(`--- a/x\n+++ b/x\n@@ -10,2 +20,3 @@ heading\n keep\n-out\n+in\n+more\n`).hunks;
  expect(hunk?.lines.map(({ oldLine, newLine, patchLine }) => [oldLine, newLine, patchLine])).toEqual([
    [10, 20, 4],
    [11, null, 5],
    [null, 21, 6],
    [null, 22, 7],
  ]);
});

test.each([
  ["--- a/src/x.go\n+++ b/src/x.go\n", "modified", "src/x.go", "src/x.go"],
  ["--- src/x.go\n+++ src/x.go\n", "modified", "src/x.go", "src/x.go"],
  ["--- a/x.go\n+++ a/x.go\n", "modified", "a/x.go", "a/x.go"],
  ["--- x.go.orig\t2026-01-01 10:00:00 +0000\n+++ x.go\t2026-01-01 11:00:00 +0000\n", "modified", "x.go", "x.go"],
  ["--- /dev/null\n+++ b/x.go\n", "added", null, "x.go"],
  ["--- a/x.go\n+++ /dev/null\n", "deleted", "x.go", null],
  ['--- "a/\\303\\244 \\"q\\" \\\\ \\t.go"\n+++ "b/\\303\\244 \\"q\\" \\\\ \\t.go"\n', "modified", 'ä "q" \\ \t.go', 'ä "q" \\ \t.go'],
  ['--- "a/\\377.go"\n+++ "b/\\377.go"\n', "modified", "\\377.go", "\\377.go"],
])("plain unified diff %j", (header, kind, ...[oldPath, newPath]) => {
  expect(only(header + edit)).toMatchObject({ kind, oldPath, newPath });
});

test.each([
  ["diff --git a/x y b/x y\nold mode 100644\nnew mode 100755\n", "x y"],
  ["diff --git x y x y\nold mode 100644\nnew mode 100755\n", "x y"],
  ["diff --git a/x a/x\nold mode 100644\nnew mode 100755\n", "a/x"],
  ['diff --git "a/\\303\\244" "b/\\303\\244"\nold mode 100644\nnew mode 100755\n', "ä"],
  ["diff --git a/one.bin b/two.bin\nindex 1..2 100644\nBinary files a/one.bin and b/two.bin differ\n", "two.bin"],
  ["diff --git a/a b/c b/a b/c\nold mode 100644\nnew mode 100755\n", "a b/c"],
])("paths from the first line alone: %j", (patch, path) => {
  expect(only(patch)).toMatchObject({ kind: "modified", oldPath: path, newPath: path });
});

test("blank text is a patch of no files", () => {
  for (const patch of ["", "\n", " \r\n\n"]) expect(unwrap(parsePatch(patch)).files).toEqual([]);
});

test("a patch that was turned into CRLF as a whole loses the CRs, a CRLF file's own stay", () => {
  expect(changes(only(`diff --git a/x b/x\n--- a/x\n+++ b/x\n${edit}`.replaceAll("\n", "\r\n")))).toEqual(["-b", "+c"]);
  expect(changes(only("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-b\r\n+c\r\n"))).toEqual(["-b\r", "+c\r"]);
});

test("lines whose bytes are no UTF-8 stay different", () => {
  const patch = Buffer.concat([
    Buffer.from("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-"),
    Buffer.from([0xff]),
    Buffer.from("\n+"),
    Buffer.from([0xfe]),
    Buffer.from("\n"),
  ]);
  const lines = only(patch).hunks[0]?.lines.map((line) => line.text);
  expect(lines).toEqual(["\xff", "\xfe"]);
});

test("odd characters inside a line do not cut it", () => {
  expect(changes(only("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\u2028+b\v\f\r\x85c\n+d\n"))).toEqual(["-a\u2028+b\v\f\r\x85c", "+d"]);
});

test("an empty context line whose blank a mailer cut, a byte order mark, a log before, and submodule logs", () => {
  expect(changes(only(`--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n`))).toEqual(["-b", "+c"]);
  expect(only(`\ufeff--- a/x\n+++ b/x\n${edit}`).newPath).toBe("x");
  expect(only(`commit 12\nAuthor: A\n\n    --- text\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n${edit}\ncommit 13\n`).newPath).toBe("x");
  expect(only("Submodule libs/z 1111111..2222222:\n  > a commit\n")).toMatchObject({ submodule: true, newPath: "libs/z" });
  expect(only("Binary files a/i.png and b/i.png differ\n")).toMatchObject({ binary: true, newPath: "i.png" });
});

test.each([
  ["I could not fix it.\n- tried this\n+ and that\n", 1, /not a diff/],
  ["--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n", 5, /begins at line 3 does not have the lines/],
  ["--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n+d\n", 7, /more lines than its header/],
  ["--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n+b\n+c\n", 6, /begins at line 3/],
  ["--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\nno sign\n", 5, /begins at line 3/],
  ["--- a/x\n+++ b/x\n@@ nonsense @@\n", 3, /hunk header/],
  ["--- a/x\n+++ b/x\nand no hunk\n", 3, /followed by a hunk/],
  ["text\n@@ -1 +1 @@\n-a\n+b\n", 2, /belongs to no file/],
  ["diff --cc x\nindex 1,2..3\n", 1, /combined diff/],
  ["diff --git a/x y b/x b/z\nold mode 100644\nnew mode 100755\n", 1, /cannot be told apart/],
  ["diff --git a/x b/x\nindex 1..2\nGIT binary patch\nnonsense\n", 4, /binary patch/],
  ["diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 3\nno data here\n", 5, /no data/],
])("says what is wrong with %j", (patch, line, message) => {
  expect(problem(patch)).toMatchObject({ line, message: expect.stringMatching(message) });
});

test("names UTF-16", () => expect(problem(Buffer.from("\ufeff--- a/x\n", "utf16le")).message).toMatch(/UTF-16/));
