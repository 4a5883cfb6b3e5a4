import { spawn } from "node:child_process";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** A file of git's import stream: `path` as git quotes it. */
interface OddFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode?: "100644" | "100755" | "120000";
}

const python = (name: string): string =>
  `def ${name}(a, b):\n    """Adds."""\n    total = a + b\n    if total > 3:\n        total -= 1\n    return total\n`;

const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d7a2146".repeat(8)}\nsize 12345\n`;

/** What repositories hold that tools trip over. */
const odd: readonly OddFile[] = [
  ...["a>b", "b>a", "self>self", "up>..", "away>/etc/passwd"].map((link): OddFile => {
    const [path = "", target = ""] = link.split(">");
    return { path: `loop/${path}`, content: Buffer.from(target), mode: "120000" };
  }),
  { path: String.raw`"n\351\377m\350.py"`, content: Buffer.from(python("no_text")) },
  { path: String.raw`"tab\there.py"`, content: Buffer.from(python("tab_name")) },
  { path: String.raw`"new\nline.py"`, content: Buffer.from(python("two_lines")) },
  { path: "crlf.py", content: Buffer.from(python("crlf").replaceAll("\n", "\r\n")) },
  {
    path: "tabs.go",
    content: Buffer.from("package a\n\nfunc Add(a, b int) int {\n\tc := a + b\n\tif c > 3 {\n\t\tc--\n\t}\n\treturn c\n}\n"),
  },
  { path: "bom.py", content: Buffer.from(`\ufeff${python("bom")}`) },
  { path: "latin.py", content: Buffer.from("def caf\u00e9(x):\n    return x + 1\n", "latin1") },
  { path: "wide.py", content: Buffer.from(`\ufeff${python("wide")}`, "utf16le") },
  { path: "nul.py", content: Buffer.from("def z(a):\n    return a\n\0\0\n") },
  { path: "long.py", content: Buffer.from(`def long_line(a):\n    return '${"q".repeat(300_000)}'\n`) },
  { path: "bytes.dat", content: Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256)) },
  { path: "run.sh", content: Buffer.from("#!/bin/sh\necho hi\n"), mode: "100755" },
  { path: "model.bin", content: Buffer.from(pointer) },
  { path: ".gitattributes", content: Buffer.from("*.bin filter=lfs diff=lfs merge=lfs -text\n*.py text eol=crlf\n") },
  { path: ".gitmodules", content: Buffer.from('[submodule "sub"]\n\tpath = sub\n\turl = ../sub\n') },
  { path: `deep/${"x".repeat(50)}/`.repeat(20).replaceAll("/deep", "/d") + "deep.py", content: Buffer.from(python("deep")) },
];

/** A bare repository of one commit with `files` plain files (one in a hundred has a function), a file of `hugeMiB`, and everything odd. */
export async function oddRepository(path: string, { files, hugeMiB }: { files: number; hugeMiB: number }): Promise<string> {
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", path]);
  const git = spawn("git", ["-C", path, "fast-import", "--quiet"], { stdio: ["pipe", "inherit", "inherit"] });
  const ended = once(git, "close");
  await pipeline(Readable.from(importStream(files, hugeMiB)), git.stdin);
  const [status] = (await ended) as [number];
  if (status !== 0) throw new Error("git fast-import failed");
  return path;
}

function* importStream(files: number, hugeMiB: number): Generator<Buffer> {
  yield Buffer.from("commit refs/heads/main\ncommitter T <t@localhost> 1700000000 +0000\ndata 3\nOne\n");
  for (let index = 0; index < files; index++) {
    const code = index % 100 === 0;
    const name = `d${index % 97}/e${index % 7}/f${index}.${code ? "py" : "txt"}`;
    yield* inline({ path: name, content: Buffer.from(code ? python(`work_${index}`) : `data ${index}\n`) });
  }
  for (const file of odd) yield* inline(file);
  yield* inline({ path: "huge.bin", content: Buffer.alloc(hugeMiB * 1024 * 1024, "\u0001\u0002") });
  yield Buffer.from(`M 160000 ${"1234567890".repeat(4)} sub\n\n`);
}

function* inline({ path, content, mode = "100644" }: OddFile): Generator<Buffer> {
  yield Buffer.from(`M ${mode} inline ${path}\ndata ${content.length}\n`);
  yield content;
  yield Buffer.from("\n");
}
