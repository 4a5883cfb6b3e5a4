import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import type { ExportedTree } from "../records/exported-tree.ts";
import type { CommandResult, FileRead, OpenRequest, Sandbox, SandboxBackend, SandboxLimits } from "./sandbox.ts";

export interface ConformanceSetup {
  readonly backend: SandboxBackend;
  /** Why nothing can be run here; null: it can. */
  readonly unable: string | null;
  /** Why commands are not kept from this host: all that would do it harm is skipped. null: they are kept from it. */
  readonly notIsolated: string | null;
  /** Why memory is not bounded here; null: it is. */
  readonly memoryUnbounded: string | null;
}

const never = new AbortController().signal;
const limits: SandboxLimits = { memoryMiB: 512, processes: 96, workspaceMiB: 32 };
const binary = Buffer.from(Array.from({ length: 1024 }, (_, index) => (index * 7) % 256));

/** What every backend must do. A group that a backend is excepted from is skipped under its reason. */
export function sandboxConformance(name: string, setup: ConformanceSetup): void {
  const { notIsolated } = setup;
  const noMemory = notIsolated ?? setup.memoryUnbounded;
  describe(`the sandbox ${name}`, skippedIf(setup.unable), () => {
    const place = new SnapshotPlace(setup.backend);
    beforeAll(() => place.make());
    afterAll(() => place.remove());
    const bench = new Bench(setup.backend, place);
    commandCases(bench);
    shellCases(bench);
    deadlineCases(bench);
    fileCases(bench);
    exportCases(bench);
    lifeCases(bench);
    describe("isolation", skippedIf(notIsolated), () => {
      isolationCases(bench);
      limitCases(bench);
    });
    describe("memory", skippedIf(noMemory), () => {
      memoryCases(bench);
    });
  });
}

/** A small repository, laid where the backend wants snapshots. */
class SnapshotPlace {
  readonly #backend: SandboxBackend;
  #folder = "";

  constructor(backend: SandboxBackend) {
    this.#backend = backend;
  }

  get path(): string {
    return join(this.#folder, "tree");
  }

  make(): void {
    mkdirSync(this.#backend.cacheRoot, { recursive: true });
    if (this.#backend.snapshotOwner !== null) chmodSync(this.#backend.cacheRoot, 0o711);
    this.#folder = mkdtempSync(join(this.#backend.cacheRoot, "conformance-"));
    chmodSync(this.#folder, 0o755);
    makeRepository(this.path, this.#backend.snapshotOwner);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `owner` also of the group. */
export function makeRepository(path: string, owner: number | null): void {
  for (const folder of ["src/inner", "docs", "moved/deep", ".hidden"]) mkdirSync(join(path, folder), { recursive: true });
  const files = [
    "readme.md",
    "src/a.py",
    "src/inner/b.py",
    "docs/one.md",
    "docs/two.md",
    "moved/deep/c.txt",
    ".hidden/x",
    "naïve name.txt",
  ];
  for (const file of files) writeFileSync(join(path, file), `this is ${file}\n`);
  writeFileSync(join(path, "run.sh"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
  writeFileSync(join(path, "data.bin"), binary);
  symlinkSync("readme.md", join(path, "link"));
  const git = (...args: string[]): void =>
    void execFileSync("git", ["-c", "init.defaultBranch=main", ...args], { cwd: path, stdio: "pipe" });
  git("init", "--quiet");
  git("add", "--all");
  git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "Snapshot");
  if (owner !== null) chownAll(path, owner);
}

function chownAll(path: string, owner: number): void {
  lchownSync(path, owner, owner);
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true }))
    lchownSync(join(entry.parentPath, entry.name), owner, owner);
}

/** A sandbox for one test, with short ways to use it. */
class Opened implements AsyncDisposable {
  readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  async run(command: string, more: { readonly timeoutMs?: number; readonly outputLimitBytes?: number } = {}): Promise<CommandResult> {
    return unwrap(await this.sandbox.run({ command, timeoutMs: 25_000, outputLimitBytes: 1_000_000, ...more }, never));
  }

  /** Output of a command that must go well. */
  async says(command: string): Promise<string> {
    const done = await this.run(command);
    if (done.ended !== "completed" || done.exitCode !== 0) throw new Error(`${command}: ${JSON.stringify(done)}`);
    return done.output;
  }

  async read(path: string, limitBytes = 10_000_000): Promise<FileRead> {
    return unwrap(await this.sandbox.readFile(path, limitBytes, never));
  }

  async write(path: string, bytes: Uint8Array | string) {
    return unwrap(await this.sandbox.writeFile(path, Buffer.from(bytes), never));
  }

  async text(path: string): Promise<string> {
    const read = await this.read(path);
    if (!read.ok) throw new Error(`${path}: ${read.problem}`);
    return Buffer.from(read.bytes).toString();
  }

  async exported(final = true): Promise<Exported> {
    return await readExport(unwrap(await this.sandbox.exportTree({ final }, never)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

class Bench {
  readonly backend: SandboxBackend;
  readonly place: SnapshotPlace;

  constructor(backend: SandboxBackend, place: SnapshotPlace) {
    this.backend = backend;
    this.place = place;
  }

  request(more: Partial<SandboxLimits> = {}): OpenRequest {
    return { snapshot: { id: "conformance", path: this.place.path }, image: null, limits: { ...limits, ...more } };
  }

  async open(more: Partial<SandboxLimits> = {}): Promise<Opened> {
    return new Opened(unwrap(await this.backend.open(this.request(more), never)));
  }
}

interface Exported {
  readonly kind: "delta" | "full";
  readonly deleted: readonly string[];
  /** By path: "folder", "-> target", or mode and hash of a file. */
  readonly entries: ReadonlyMap<string, string>;
}

function fileMark(content: Uint8Array | string, executable = false): string {
  return `${executable ? "755" : "644"} ${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;
}

async function readExport(tree: ExportedTree): Promise<Exported> {
  const entries = new Map<string, string>();
  const unpack = extract();
  tree.tar.on("error", (error) => unpack.destroy(error));
  tree.tar.pipe(unpack);
  for await (const entry of unpack) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, type, linkname, mode = 0 } = entry.header;
    const path = name.replace(/\/$/, "");
    if (type === "directory") entries.set(path, "folder");
    else if (type === "symlink") entries.set(path, `-> ${linkname ?? ""}`);
    else entries.set(path, type === "file" ? fileMark(Buffer.concat(chunks), (mode & 0o100) !== 0) : `other ${type ?? ""}`);
  }
  return { kind: tree.kind, deleted: tree.deleted, entries };
}

/** Whether a path of the snapshot is gone: said to be, under something that is, or absent from a full export. */
function isGone(tree: Exported, path: string): boolean {
  if (tree.kind === "full") return !tree.entries.has(path);
  return !tree.entries.has(path) && tree.deleted.some((gone) => path === gone || path.startsWith(`${gone}/`));
}

function commandCases(bench: Bench): void {
  test("folder, variables, functions and the last status go on from command to command", async () => {
    await using at = await bench.open();
    expect(await at.says("pwd")).toBe("/testbed\n");
    await at.says("cd src; export COLOUR=blue; greet() { echo hello; }");
    expect(await at.says("pwd; echo $COLOUR; greet")).toBe("/testbed/src\nblue\nhello\n");
    expect(await at.run("(exit 7)")).toMatchObject({ ended: "completed", exitCode: 7, output: "" });
    expect(await at.says("echo $?")).toBe("7\n");
  });

  test("standard output and error come together, in order, with and without a last newline", async () => {
    await using at = await bench.open();
    expect(await at.says("echo a; echo b >&2; echo c; printf d")).toBe("a\nb\nc\nd");
    expect(await at.says("printf '\\n'")).toBe("\n");
    expect(await at.says("printf ''")).toBe("");
  });

  test("standard streams can be opened by path, and standard input is empty", async () => {
    await using at = await bench.open();
    expect(await at.says("echo a >/dev/stderr; echo b >/dev/stdout; echo c | tee /dev/stderr; cat; cat /dev/stdin")).toBe("a\nb\nc\nc\n");
  });

  test("a syntax error is an observation, and the shell lives on", async () => {
    await using at = await bench.open();
    await at.says("KEPT=yes");
    for (const command of [
      "echo 'unterminated",
      'echo "unterminated',
      "echo (",
      "if true; then",
      "fi",
      "echo `x",
      "a() {",
      "echo $(",
      "((",
      "'",
    ]) {
      const done = await at.run(command);
      const { ended, exitCode, output } = done;
      expect({ command, ended, failed: exitCode !== 0, said: output !== "" }).toEqual({
        command,
        ended: "completed",
        failed: true,
        said: true,
      });
      expect(`${command}: ${await at.says("echo $KEPT")}`).toBe(`${command}: yes\n`);
    }
  });

  test("text of every kind reaches the shell as it is", async () => {
    await using at = await bench.open();
    const text = "it's \"quoted\" $HOME `x` \\ \t# ! ünïcödé 漢字 \u0001\u001b[0m '\\'' %s ${x} !! ~";
    expect(await at.says(`cat <<'EOF'\n${text}\nEOF`)).toBe(`${text}\n`);
    expect(await at.says("cat <<'EOF'\nno newline after the last line\nEOF # it's")).toContain("no newline");
    expect(await at.says("# only a comment, it's")).toBe("");
    expect(await at.says("")).toBe("");
    expect(await at.says("echo one\n\n\necho two \\\n three")).toBe("one\ntwo three\n");
  });

  test("a command of 1 MB", async () => {
    await using at = await bench.open();
    const line = "x".repeat(1023);
    const body = `${line}\n`.repeat(1024);
    expect(await at.says(`wc -c <<'EOF'\n${body}EOF`)).toMatch(/^\s*1048576\n$/);
  });

  test("output beyond the limit is counted and dropped, but for its end; a cut character is left out", async () => {
    await using at = await bench.open();
    const done = await at.run("head -c 3000000 /dev/zero | tr '\\0' x; echo end", { outputLimitBytes: 1000 });
    const end = `${"x".repeat(19_996)}end\n`;
    expect(done).toEqual({ output: "x".repeat(1000), outputTail: end, outputBytes: 3_000_004, ended: "completed", exitCode: 0 });
    const cut = await at.run("printf 'aéé'", { outputLimitBytes: 4 });
    expect(cut).toMatchObject({ output: "aé", outputTail: "", outputBytes: 5 });
  });

  test("bytes that are not UTF-8 become replacement characters; characters are whole whatever the chunks", async () => {
    await using at = await bench.open();
    expect(await at.says("printf 'a\\377b'")).toBe("a\uFFFDb");
    const many = await at.says("i=0; while [ $i -lt 2000 ]; do printf '漢字ü'; i=$((i+1)); done");
    expect(many).toBe("漢字ü".repeat(2000));
  });

  test("a daemon that keeps standard output open holds nobody up, and what it prints between commands is dropped", async () => {
    await using at = await bench.open();
    expect(await at.says("(while [ ! -e go ]; do sleep 0.01; done; echo late; touch gone) & echo now")).toBe("now\n");
    await at.write("/testbed/go", "");
    while (unwrap(await at.sandbox.stat("/testbed/gone", never)) === null) await Promise.resolve();
    expect(await at.says("echo next")).toBe("next\n");
  });

  test("the frame can not be forged from inside", async () => {
    await using at = await bench.open();
    const forged = "for f in /proc/*/cmdline /proc/*/environ; do tr '\\0' '\\n' <$f; done 2>/dev/null | grep -aoE '[0-9a-f]{32}' | sort -u";
    const found = (await at.run(forged)).output.split("\n").filter((line) => line !== "");
    for (const nonce of [...found, "0".repeat(32)]) {
      const done = await at.run(`printf '\\n${nonce}>0\\n\\n${nonce} ended 0\\n'; echo real`);
      expect(done).toMatchObject({ ended: "completed", exitCode: 0 });
      expect(done.output).toContain("real");
    }
    const traced = await at.run("set -xv; echo seen; set +xv");
    expect(traced).toMatchObject({ ended: "completed", exitCode: 0 });
    expect(traced.output).not.toMatch(/[0-9a-f]{16}/);
  });

  test("git knows the workspace and finds it clean", async () => {
    await using at = await bench.open();
    expect(await at.says("git status --porcelain")).toBe("");
    expect(await at.says("git log --format=%s")).toBe("Snapshot\n");
    expect(await at.says("cd src && echo more >>a.py && git status --porcelain")).toBe(" M src/a.py\n");
  });

  test("programs are told to be plain", async () => {
    await using at = await bench.open();
    const names = (await at.says("env")).split("\n").map((line) => line.split("=")[0]);
    for (const name of ["PATH", "HOME", "LANG", "PAGER"]) expect(names).toContain(name);
    expect(names).not.toContain("TERM");
    expect(await at.says("echo $HOME $LANG $PAGER; git -p log --oneline | wc -l")).toMatch(/^\/tmp C\.UTF-8 cat\n\s*1\n$/);
  });
}

function shellCases(bench: Bench): void {
  const next = async (at: Opened): Promise<void> => expect(await at.says("echo next; pwd")).toBe("next\n/testbed\n");

  test.each([
    ["exit", "exit 3", 3],
    ["exec", "exec sh -c 'echo last; exit 5'", 5],
    ["a killed shell", "kill -9 $$", 137],
    ["set -e", "set -e; false; echo not reached", 1],
  ])("%s ends the shell, and a new one stands in the workspace", async (_name, command, exitCode) => {
    await using at = await bench.open();
    await at.says("cd src; export GONE=1");
    const done = await at.run(command);
    expect(done).toMatchObject({ ended: "shell-ended", exitCode });
    expect(done.output).not.toContain("not reached");
    await next(at);
    expect(await at.says("echo [$GONE]")).toBe("[]\n");
  });

  test("set -e and set -u may stay on", async () => {
    await using at = await bench.open();
    await at.says("set -eu; KEPT=yes");
    expect(await at.says("echo $KEPT")).toBe("yes\n");
    expect(await at.says("echo $KEPT; case $- in *e*u*) echo on ;; esac")).toBe("yes\non\n");
  });

  test.each([
    ["IFS", "IFS=0123456789abcdef"],
    ["globbing off", "set -f -C"],
    ["functions of our names", "eval() { :; }; printf() { :; }; builtin() { :; }"],
    ["aliases", "shopt -s expand_aliases 2>/dev/null; alias command=false printf=false eval=false"],
    ["no PATH", "PATH=/nowhere"],
    ["closed descriptors", "exec 0<&- 1>&- 2>&- 9>&-"],
    ["traps", "trap 'true' DEBUG 2>/dev/null; trap '' TERM INT HUP"],
    ["verbose", "set -v"],
  ])("a command may change %s, and frames stay whole", async (_name, command) => {
    await using at = await bench.open();
    expect(await at.run(command)).toMatchObject({ ended: "completed" });
    const done = await at.run("echo next; (exit 9)");
    expect(done).toMatchObject({ ended: "completed", exitCode: 9 });
    expect(done.output).toContain("next\n");
    expect(done.output).not.toMatch(/[0-9a-f]{16}/);
  });

  test("output that a command sends elsewhere comes back for the next", async () => {
    await using at = await bench.open();
    await at.says("exec >elsewhere 2>&1; echo hidden");
    expect(await at.says("echo seen")).toBe("seen\n");
    expect(await at.text("/testbed/elsewhere")).toContain("hidden");
  });

  test("a shell that takes no more commands is replaced, and the command runs", async () => {
    await using at = await bench.open();
    await at.run("command() { :; }");
    expect(await at.says("echo next")).toBe("next\n");
  });

  test("a deleted workspace", async () => {
    await using at = await bench.open();
    await at.run("rm -rf /testbed/* /testbed/.[a-z]*; mkdir gone; cd gone; rmdir /testbed/gone");
    expect(await at.run("echo still")).toMatchObject({ output: expect.stringContaining("still\n") });
    expect(await at.says("cd /testbed; ls -A; echo new >new; cat new")).toBe("new\n");
  });
}

function deadlineCases(bench: Bench): void {
  test("a command over its deadline ends, and the shell lives on where it stood", async () => {
    await using at = await bench.open();
    await at.says("cd src; export KEPT=yes");
    const done = await at.run("echo before; sleep 1000", { timeoutMs: 300 });
    expect(done).toEqual({ output: "before\n", outputTail: "", outputBytes: 7, ended: "timed-out", exitCode: null });
    expect(await at.says("pwd; echo $KEPT")).toBe("/testbed/src\nyes\n");
  });

  test.each([
    ["a loop of the shell itself", "while :; do :; done"],
    ["an ignored SIGTERM", "trap '' TERM INT HUP; while :; do sleep 1; done"],
    ["a stopped shell", "kill -STOP $$"],
    ["set -n", "set -n"],
  ])("%s ends at the deadline, and a shell stands in the same folder", async (_name, command) => {
    await using at = await bench.open();
    await at.says("cd src");
    const first = await at.run(command, { timeoutMs: 300 });
    const done = first.ended === "completed" ? await at.run("echo", { timeoutMs: 300 }) : first;
    expect(done).toMatchObject({ ended: "timed-out", exitCode: null });
    expect(await at.says("pwd")).toBe("/testbed/src\n");
  });

  test("endless output is dropped until the deadline", async () => {
    await using at = await bench.open();
    const done = await at.run("yes", { timeoutMs: 500, outputLimitBytes: 1000 });
    expect(done).toMatchObject({ output: "y\n".repeat(500), ended: "timed-out" });
    expect(done.outputBytes).toBeGreaterThan(1000);
    expect(await at.says("echo next")).toBe("next\n");
  });

  test("what a new shell finds unread of a killed one's command is not run", async () => {
    await using at = await bench.open();
    const long = `: ${"x".repeat(2_000_000)}\n${"touch planted\n".repeat(2000)}`;
    await at.run(long, { timeoutMs: 1 });
    expect(await at.says("test -e planted || echo next")).toBe("next\n");
  });
}

function fileCases(bench: Bench): void {
  test("bytes of every value and length go in and come out", async () => {
    await using at = await bench.open();
    const big = Buffer.alloc(1024 * 1024, binary);
    for (const bytes of [Buffer.alloc(0), Buffer.from("\n"), Buffer.from("no newline"), binary, big]) {
      expect(await at.write("/testbed/file", bytes)).toEqual({ ok: true });
      const read = await at.read("/testbed/file");
      expect(read.ok && Buffer.compare(read.bytes, bytes)).toBe(0);
    }
  });

  test("names with spaces, newlines, quotes, dashes and letters of any script", async () => {
    await using at = await bench.open();
    const names = ["with space", "new\nline", "quo'te\"s", "-rf", "$HOME", "*", "ünï 漢字", "back\\slash", "trail "];
    for (const name of names) {
      const path = `/testbed/docs/${name}`;
      expect({ path, ...(await at.write(path, name)) }).toEqual({ path, ok: true });
      expect(await at.text(path)).toBe(name);
      expect({ path, kind: unwrap(await at.sandbox.stat(path, never)) }).toEqual({ path, kind: "file" });
    }
    const list = unwrap(await at.sandbox.list("/testbed/docs", never));
    expect(list.ok && list.paths.slice(1).length).toBe(names.length + 2);
    for (const name of names) expect(list.ok && list.paths).toContain(`/testbed/docs/${name}`);
  });

  test("kinds, through links", async () => {
    await using at = await bench.open();
    await at.says("mkfifo pipe; ln -s src to-src; ln -s nowhere broken");
    const kinds = { "readme.md": "file", link: "file", src: "directory", "to-src": "directory", pipe: "other", broken: null, none: null };
    for (const [name, kind] of Object.entries(kinds)) {
      expect({ name, kind: unwrap(await at.sandbox.stat(`/testbed/${name}`, never)) }).toEqual({ name, kind });
    }
  });

  test("a listing goes two levels down, without hidden entries, in byte order", async () => {
    await using at = await bench.open();
    const list = unwrap(await at.sandbox.list("/testbed", never));
    const below = [
      "data.bin",
      "docs",
      "docs/one.md",
      "docs/two.md",
      "link",
      "moved",
      "moved/deep",
      "naïve name.txt",
      "readme.md",
      "run.sh",
    ];
    const paths = [...below, "src", "src/a.py", "src/inner"].map((path) => `/testbed/${path}`);
    expect(list).toEqual({ ok: true, paths: ["/testbed", ...paths] });
    expect(unwrap(await at.sandbox.list("/testbed/none", never))).toEqual({ ok: false, problem: "missing" });
    expect(unwrap(await at.sandbox.list("/testbed/readme.md", never))).toEqual({ ok: false, problem: "not-directory" });
  });

  test("the mode of a file stays, and links are written through", async () => {
    await using at = await bench.open();
    await at.write("/testbed/run.sh", "#!/bin/sh\necho changed\n");
    await at.write("/testbed/link", "by the link\n");
    expect(await at.says("./run.sh; cat readme.md; test -L link && echo a link")).toBe("changed\nby the link\na link\n");
  });

  test("problems are values, and the channel stays whole after each", async () => {
    await using at = await bench.open();
    const bytes = Buffer.alloc(300_000, 1);
    expect(await at.read("/testbed/none")).toEqual({ ok: false, problem: "missing" });
    expect(await at.read("/testbed/src")).toEqual({ ok: false, problem: "is-directory" });
    expect(await at.read("/testbed/readme.md/x")).toEqual({ ok: false, problem: "not-directory" });
    expect(await at.read("/testbed/data.bin", 1023)).toEqual({ ok: false, problem: "too-large" });
    expect(await at.read("/testbed/data.bin", 1024)).toMatchObject({ ok: true });
    expect(await at.write("/testbed/src", bytes)).toEqual({ ok: false, problem: "is-directory" });
    expect(await at.write("/testbed/none/x", bytes)).toEqual({ ok: false, problem: "missing" });
    expect(await at.write("/testbed/readme.md/x", bytes)).toEqual({ ok: false, problem: "not-directory" });
    expect(await at.write("/testbed/ok", bytes)).toEqual({ ok: true });
    expect(await at.text("/testbed/src/a.py")).toBe("this is src/a.py\n");
  });

  test("bytes that could not be written are not taken for anything else", async () => {
    await using at = await bench.open();
    const bytes = "\ntouch /testbed/injected\n".repeat(2000);
    expect(await at.write("/testbed/none/x", bytes)).toEqual({ ok: false, problem: "missing" });
    expect(await at.text("/testbed/readme.md")).toBe("this is readme.md\n");
    expect(unwrap(await at.sandbox.stat("/testbed/injected", never))).toBe(null);
  });

  test("what commands write is read, and the reverse, whatever the shell's folder", async () => {
    await using at = await bench.open();
    await at.says("cd /; echo from the shell >/testbed/x");
    expect(await at.text("/testbed/x")).toBe("from the shell\n");
    await at.write("/testbed/x", "from outside\n");
    expect(await at.says("cat /testbed/x")).toBe("from outside\n");
  });
}

function exportCases(bench: Bench): void {
  test("changed, new, gone, moved, replaced, executable, linked and binary files come out as they are", async () => {
    await using at = await bench.open();
    const edits = [
      "echo changed >readme.md; rm docs/one.md; chmod +x src/a.py; chmod -x run.sh; ln -sfn src link; ln -s /etc/passwd out",
      "mv moved renamed; rm -r src/inner; echo now a file >src/inner; rm data.bin; mkdir data.bin; echo in >data.bin/in",
      "mkdir -p new/deep empty; printf '\\0\\377' >new/deep/bin; rm -r .hidden; mkdir .hidden; echo y >.hidden/y",
      "mkdir -p nested/.git; echo no >nested/.git/config; echo yes >nested/yes; mkfifo pipe; rm docs/two.md; mkfifo docs/two.md",
      "echo 'a b' >'naïve name.txt'; touch -- -dash 'sp ace'; git add -A; echo ignored >.git/hooks/x",
    ];
    await at.says(edits.join("\n"));
    const tree = await at.exported();
    const expected: Record<string, string> = {
      "readme.md": fileMark("changed\n"),
      "src/a.py": fileMark("this is src/a.py\n", true),
      "run.sh": fileMark("#!/bin/sh\necho ran\n"),
      link: "-> src",
      out: "-> /etc/passwd",
      "renamed/deep/c.txt": fileMark("this is moved/deep/c.txt\n"),
      "src/inner": fileMark("now a file\n"),
      "data.bin/in": fileMark("in\n"),
      "new/deep/bin": fileMark(Buffer.from([0, 255])),
      ".hidden/y": fileMark("y\n"),
      "nested/yes": fileMark("yes\n"),
      "naïve name.txt": fileMark("a b\n"),
      "-dash": fileMark(""),
      "sp ace": fileMark(""),
    };
    expect(Object.fromEntries([...tree.entries].filter(([path]) => path in expected))).toEqual(expected);
    const gone = ["docs/one.md", "docs/two.md", "moved/deep/c.txt", "src/inner/b.py", ".hidden/x"];
    expect(gone.filter((path) => !isGone(tree, path))).toEqual([]);
    expect([...tree.entries.keys(), ...tree.deleted].filter((path) => path.split("/").includes(".git"))).toEqual([]);
    expect([...tree.entries.values()].filter((mark) => mark.startsWith("other"))).toEqual([]);
    if (tree.kind === "delta") expect(tree.deleted).toContain("src/inner");
  });

  test("nothing changed, nothing comes out of a delta", async () => {
    await using at = await bench.open();
    await at.says("git status; ls -R >/tmp/out");
    const tree = await at.exported();
    if (tree.kind === "delta") expect([...tree.entries.entries(), ...tree.deleted].filter(([, mark]) => mark !== "folder")).toEqual([]);
    else expect(tree.entries.get("readme.md")).toBe(fileMark("this is readme.md\n"));
  });

  test("nothing of the agent's runs any more, and the shell goes on in its folder", async () => {
    await using at = await bench.open();
    await at.says("cd src; (while :; do echo x >>grows; done) & echo started");
    const first = await at.exported(false);
    const second = await at.exported(false);
    expect(second.entries.get("src/grows")).toBe(first.entries.get("src/grows"));
    expect(first.entries.get("src/grows")).toMatch(/^644/);
    expect(await at.says("pwd; echo more >>a.py")).toBe("/testbed/src\n");
    expect((await at.exported()).entries.get("src/a.py")).toBe(fileMark("this is src/a.py\nmore\n"));
  });

  test("an export that nobody reads to its end holds nothing up", async () => {
    await using at = await bench.open();
    await at.says("head -c 5000000 /dev/zero >big");
    const tree = unwrap(await at.sandbox.exportTree({ final: false }, never));
    expect(await at.says("echo next")).toBe("next\n");
    tree.tar.destroy();
    expect((await at.exported()).entries.get("big")).toBe(fileMark(Buffer.alloc(5_000_000)));
  });

  test("folders that nobody may enter, and names that are not UTF-8, come out", async () => {
    await using at = await bench.open();
    await at.says("mkdir shut; echo in >shut/in; chmod 0 shut; echo x >$(printf 'caf\\351'); true");
    const tree = unwrap(await at.sandbox.exportTree({ final: true }, never));
    const chunks: Buffer[] = [];
    for await (const chunk of tree.tar) chunks.push(Buffer.from(chunk));
    const whole = Buffer.concat(chunks);
    expect(whole.includes("shut/in")).toBe(true);
    if (tree.kind === "delta") expect(whole.includes(Buffer.from("caf\xe9", "latin1"))).toBe(true);
  });
}

function lifeCases(bench: Bench): void {
  test("the snapshot is never written to, and two sandboxes do not see each other", async () => {
    await using one = await bench.open();
    await using other = await bench.open();
    await one.says("echo mine >readme.md; rm -r src");
    expect(await other.says("cat readme.md src/a.py")).toBe("this is readme.md\nthis is src/a.py\n");
    await using third = await bench.open();
    expect(await third.says("cat readme.md")).toBe("this is readme.md\n");
  });

  test("many at once", async () => {
    const opened = await Promise.all(Array.from({ length: 12 }, () => bench.open()));
    const said = await Promise.all(opened.map((at, index) => at.says(`echo ${index}; pwd`)));
    expect(said).toEqual(opened.map((_, index) => `${index}\n/testbed\n`));
    await Promise.all(opened.map((at) => at[Symbol.asyncDispose]()));
  });

  test("what clean may remove is never a sandbox that lives", async () => {
    await using at = await bench.open();
    const left = await bench.backend.leftovers();
    await Promise.all(left.filter(({ kind }) => kind === "sandbox").map(({ remove }) => remove()));
    expect(await at.says("cat readme.md")).toBe("this is readme.md\n");
  });

  test("closing twice is closing once, and afterwards everything fails as a value", async () => {
    const at = await bench.open();
    await at.says("sleep 1000 & echo");
    await Promise.all([at.sandbox[Symbol.asyncDispose](), at.sandbox[Symbol.asyncDispose]()]);
    await at.sandbox[Symbol.asyncDispose]();
    const ran = await at.sandbox.run({ command: "echo", timeoutMs: 1000, outputLimitBytes: 10 }, never);
    expect(ran).toMatchObject({ ok: false, error: { boundary: "sandbox", code: "sandbox-died" } });
    expect(await at.sandbox.stat("/testbed", never)).toMatchObject({ ok: false, error: { code: "sandbox-died" } });
    expect(await at.sandbox.exportTree({ final: true }, never)).toMatchObject({ ok: false });
  });

  test("a signal stops a command and the sandbox with it", async () => {
    await using at = await bench.open();
    const stop = new AbortController();
    const running = at.sandbox.run({ command: "sleep 1000", timeoutMs: 600_000, outputLimitBytes: 10 }, stop.signal);
    stop.abort();
    expect(await running).toMatchObject({ ok: false, error: { boundary: "sandbox", code: "cancelled" } });
    expect(await at.sandbox.stat("/testbed", never)).toMatchObject({ ok: false });
  });

  test("a signal stops an opening; one that came before prevents it", async () => {
    const stop = new AbortController();
    const opening = bench.backend.open(bench.request(), stop.signal);
    stop.abort();
    expect(await opening).toMatchObject({ ok: false, error: { code: "cancelled" } });
    expect(await bench.backend.open(bench.request(), stop.signal)).toMatchObject({ ok: false, error: { code: "cancelled" } });
  });

  test("a snapshot that is not there fails as a value", async () => {
    const request = { ...bench.request(), snapshot: { id: "none", path: join(bench.place.path, "none") } };
    expect(await bench.backend.open(request, never)).toMatchObject({
      ok: false,
      error: { boundary: "sandbox", code: "sandbox-not-opened" },
    });
  });

  test("a probe says that it works, row by row", async () => {
    const checks = await bench.backend.probe();
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(checks.length).toBeGreaterThan(1);
  });

  test("a sweep leaves alone what lives", async () => {
    await using at = await bench.open();
    await bench.backend.sweep();
    expect(await at.says("echo alive; cat readme.md")).toBe("alive\nthis is readme.md\n");
  });
}

function isolationCases(bench: Bench): void {
  test("a write through a link does not leave the sandbox", async () => {
    await using at = await bench.open();
    const folder = mkdtempSync(join(tmpdir(), "apprentice-victim-"));
    chmodSync(folder, 0o777);
    const victim = join(folder, "victim");
    writeFileSync(victim, "untouched", { mode: 0o666 });
    chmodSync(victim, 0o666);
    await at.says(`ln -s ${victim} evil; ln -s ${folder} evil-folder; ln -s /proc/1/root/etc/passwd proc`);
    expect(await at.read("/testbed/evil")).toEqual({ ok: false, problem: "missing" });
    expect(await at.write("/testbed/evil", "overwritten")).toMatchObject({ ok: false });
    expect(await at.write("/testbed/evil-folder/victim", "overwritten")).toMatchObject({ ok: false });
    expect(await at.write("/testbed/proc", "overwritten")).toMatchObject({ ok: false });
    expect(execFileSync("cat", [victim], { encoding: "utf8" })).toBe("untouched");
    rmSync(folder, { recursive: true });
  });

  test("nothing of our environment is seen, in any process", async () => {
    await using at = await bench.open();
    // What is looked for below must be in our own environment.
    expect(process.env["VITEST"]).toBeDefined();
    const seen = await at.says("env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; true");
    expect(seen).not.toContain("VITEST");
    expect(seen).not.toContain(bench.backend.cacheRoot);
    const names = (await at.says("env")).split("\n").map((line) => line.split("=")[0]);
    const known = ["GIT_PAGER", "HOME", "LANG", "LC_ALL", "MANPAGER", "OLDPWD", "PAGER", "PATH", "PWD", "SHLVL", "_", ""];
    expect(names.filter((name) => !known.includes(name ?? ""))).toEqual([]);
  });

  test("no file, process or network of this host", async () => {
    const server = createServer((_, response) => response.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await using at = await bench.open();
    expect((await at.run(`exec 3<>/dev/tcp/127.0.0.1/${port} && echo reached`)).output).not.toContain("reached\n");
    server.close();
    expect(await at.says("ls -A /root /home /var/lib /sys /run /mnt /etc/shadow /etc/ssh 2>/dev/null | grep -v : | sort -u; true")).toBe(
      "",
    );
    expect(await at.says("ls -A /tmp")).toBe("");
    expect((await at.says("ls -d /proc/[0-9]* | wc -l")).trim()).toMatch(/^[1-9]$/);
    expect(await at.says("cat /proc/net/dev | grep -c : ; true")).toBe("1\n");
  });

  test("no way to more rights", async () => {
    await using at = await bench.open();
    expect(await at.says("grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs)' /proc/self/status | tr -s '\\t0 ' ' '")).toBe(
      "CapPrm: \nCapEff: \nCapBnd: \nNoNewPrivs: 1\n",
    );
    for (const command of [
      "unshare --user true",
      "mount -t tmpfs none /tmp",
      "mknod x c 1 3",
      "chroot / true",
      "echo x >/usr/x",
      "echo x >/x",
      "echo x >/dev/x",
      "echo x >/etc/x",
      "echo x >/init",
      "echo 1 >/proc/sys/kernel/panic",
      "chown 0 readme.md",
      "umount /testbed",
      "nsenter -t 1 -m true",
    ]) {
      const done = await at.run(`{ ${command}; } 2>&1`);
      expect({ command, worked: done.exitCode === 0, output: done.output }).toMatchObject({ worked: false });
    }
  });

  test("killing everything leaves a sandbox that works", async () => {
    await using at = await bench.open();
    await at.run("kill -9 -1");
    expect(await at.says("echo next")).toBe("next\n");
    await at.run("sh -c 'kill -9 -1'; sleep 0.1");
    expect(await at.says("echo next")).toBe("next\n");
    await at.run("for s in 1 2 3 6 9 10 12 13 14 15; do kill -$s 1; kill -$s -1; done; true");
    expect(await at.run("echo next")).toMatchObject({ output: expect.stringContaining("next\n") });
    await at.run("exit");
    expect(await at.text("/testbed/readme.md")).toBe("this is readme.md\n");
  });
}

function limitCases(bench: Bench): void {
  test("a full workspace says so, and its export is still whole", async () => {
    await using at = await bench.open();
    await at.says("echo kept >kept");
    const full = await at.run("cat /dev/zero >filler");
    expect(full.exitCode).not.toBe(0);
    expect(full.output).toContain("No space left on device");
    expect(await at.write("/testbed/more", Buffer.alloc(500_000, 1))).toEqual({ ok: false, problem: "no-space" });
    expect(await at.says("echo next")).toBe("next\n");
    expect((await at.run("cat /dev/zero >/tmp/filler")).output).toContain("No space left on device");
    await at.says("rm filler");
    expect((await at.exported()).entries.get("kept")).toBe(fileMark("kept\n"));
  });

  test("processes are bounded, and a fork bomb ends with the shell", async () => {
    await using at = await bench.open({ processes: 48 });
    await at.run("bomb() { bomb | bomb & }; bomb; while :; do :; done", { timeoutMs: 1500 });
    expect(Number(await at.says("set -- /proc/[0-9]*; echo $#"))).toBeLessThan(48);
    await at.says("ls >/dev/null");
    expect(await at.text("/testbed/readme.md")).toBe("this is readme.md\n");
  });
}

function memoryCases(bench: Bench): void {
  test("memory is bounded, and the shell outlives what took too much", async () => {
    await using at = await bench.open({ memoryMiB: 96 });
    const hog = await at.run("(x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x})");
    expect(hog.exitCode).not.toBe(0);
    expect(hog.output).not.toMatch(/^200000000$/m);
    expect(await at.run("echo next")).toMatchObject({ output: expect.stringContaining("next\n"), exitCode: 0 });
  });
}
