import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { startGitHost } from "./git-http-server.conformance.ts";
import { firstParentHistory, resolveCommit } from "./history.ts";
import { reachRepository, type Reach, type ReachedRepository } from "./reach-repository.ts";
import { never, plainGit, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";
import { listEntries } from "./snapshot-listing.ts";

let scratches = 0;

async function reach(folder: TestFolder, text: string, more: Partial<Reach> = {}) {
  const scratch = folder.at(`scratch-${scratches++}`);
  mkdirSync(scratch);
  return await reachRepository(text, { scratch, ...more }, never);
}

async function problem(folder: TestFolder, text: string, more: Partial<Reach> = {}): Promise<string> {
  const reached = await reach(folder, text, more);
  if (reached.ok) throw new Error(`reached ${text}`);
  expect(reached.error).toMatchObject({ boundary: "repository", retryable: false });
  return `${reached.error.code}: ${reached.error.message.replaceAll(folder.path, "")}`;
}

async function pathsOf({ repository }: ReachedRepository): Promise<string[]> {
  const head = unwrap(await resolveCommit(repository, "HEAD", never));
  const entries = unwrap(await listEntries(repository.gitDir, head, never));
  return [...entries].map(([path, { mode }]) => `${mode.slice(0, 3) === "120" ? "link" : mode === "100755" ? "program" : "file"} ${path}`);
}

async function commitsOf({ repository }: ReachedRepository): Promise<number> {
  const head = unwrap(await resolveCommit(repository, "HEAD", never));
  return unwrap(await firstParentHistory(repository, head, never)).length;
}

/** A work tree with what may not come along: a hook, settings that run programs, an ignored file. */
function shop(folder: TestFolder): UserRepository {
  const user = new UserRepository(folder.at("shop"));
  user
    .write("src/a.py", "def a():\n    return 1\n")
    .write("run.sh", "#!/bin/sh\n", 0o755)
    .link("src/b.py", "a.py")
    .write(".gitignore", "*.log\n");
  user.commit("one");
  user.write("src/a.py", "def a():\n    return 2\n").commit("two");
  user.write(".git/hooks/post-checkout", `#!/bin/sh\ntouch ${folder.at("ran")}\n`, 0o755);
  user.git("config", "core.fsmonitor", `touch ${folder.at("ran")}; false`);
  user.git("config", "core.sshCommand", `touch ${folder.at("ran")}; false`);
  user.write("noise.log", "x").write(".env", "KEY=1");
  return user;
}

test("an address is fetched whole, with the user's own credential helper, and nothing of it is kept", async () => {
  using folder = new TestFolder();
  shop(folder);
  await using host = await startGitHost(folder.path, { name: "ann", password: "s3cret-of-ann" });
  const address = `${host.origin}/shop/.git`;
  expect(await problem(folder, address)).toMatch(/^clone-failed: .*could not be fetched: fatal: could not read Username.*git clone/);
  const helper = `!f() { echo username=ann; echo password=s3cret-of-ann; }; f`;
  writeFileSync(folder.at("gitconfig"), `[credential]\n\thelper = "${helper}"\n`);
  const before = process.env["GIT_CONFIG_GLOBAL"];
  process.env["GIT_CONFIG_GLOBAL"] = folder.at("gitconfig");
  try {
    const reached = unwrap(await reach(folder, address));
    expect([reached.origin, reached.repository.name, await commitsOf(reached)]).toEqual(["clone", "repository", 2]);
    expect(await pathsOf(reached)).toEqual(["file .gitignore", "program run.sh", "file src/a.py", "link src/b.py"]);
    expect(spawnSync("grep", ["-rq", "s3cret-of-ann", reached.repository.gitDir]).status).toBe(1);
    expect(readdirSync(reached.repository.gitDir)).not.toContain("hooks");
  } finally {
    if (before === undefined) delete process.env["GIT_CONFIG_GLOBAL"];
    else process.env["GIT_CONFIG_GLOBAL"] = before;
  }
});

test("an address that leads nowhere says so with git's own reason", async () => {
  using folder = new TestFolder();
  await using host = await startGitHost(folder.path, null);
  expect(await problem(folder, `${host.origin}/none.git`)).toMatch(
    /^clone-failed: .*none\.git could not be fetched: fatal: repository .* not found/,
  );
  expect(await problem(folder, "http://127.0.0.1:9/x.git")).toMatch(/^clone-failed: .*onnect/);
  expect(await problem(folder, "https://a:b@example.com/x")).toMatch(/^bad-address: /);
  plainGit(folder.path, ["init", "--quiet", "--bare", "empty.git"]);
  expect(await problem(folder, `${host.origin}/empty.git`)).toMatch(/^no-commits: .*has no commits/);
});

test("a stopped fetch is a cancelled one", async () => {
  using folder = new TestFolder();
  shop(folder);
  await using host = await startGitHost(folder.path, null);
  const stop = AbortSignal.abort();
  const reached = await reachRepository(`${host.origin}/shop/.git`, { scratch: folder.at("s") }, stop);
  expect(reached).toMatchObject({ ok: false, error: { code: "cancelled" } });
});

const packed: readonly (readonly [string, readonly string[]])[] = [
  ["shop.tar", ["tar", "-cf", "shop.tar", "shop"]],
  ["shop.tgz", ["tar", "-czf", "shop.tgz", "-C", "shop", "."]],
  ["shop.tar.zst", ["sh", "-c", "tar -cf - shop | zstd -q > shop.tar.zst"]],
  ["shop.tar.xz", ["tar", "-cJf", "shop.tar.xz", "shop"]],
  ["shop.tar.bz2", ["tar", "-cjf", "shop.tar.bz2", "shop"]],
  ["shop.zip", ["zip", "-qry", "shop.zip", "shop"]],
];

test.for(packed)("%s with its .git brings its history, and none of its settings", async ([name, [program = "", ...args]], context) => {
  using folder = new TestFolder();
  const user = shop(folder);
  user.git("gc", "--quiet");
  user.write("src/c.py", "c = 1\n").commit("three");
  user.git("tag", "v1");
  if (!made(program, args, folder)) context.skip(`${program} is not installed, or cannot make ${name}`);
  rmSync(folder.at("ran"), { force: true });
  const reached = unwrap(await reach(folder, folder.at(name)));
  expect([reached.origin, reached.repository.name, reached.repository.bare]).toEqual(["archive", "shop", true]);
  expect(await commitsOf(reached)).toBe(3);
  expect(unwrap(await resolveCommit(reached.repository, "v1", never))).toBe(user.git("rev-parse", "HEAD"));
  expect(readFileSync(join(reached.repository.gitDir, "config"), "utf8")).not.toMatch(/fsmonitor|sshCommand/);
  expect(existsSync(folder.at("ran"))).toBe(false);
});

/** A program that is not installed here is passed over; tar knows gz alone everywhere. */
function made(program: string, args: readonly string[], folder: TestFolder): boolean {
  try {
    execFileSync(program, args, { cwd: folder.path, stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

test("an archive without history is one commit of its files, the same whatever the container, without what is ignored and .env files", async () => {
  using folder = new TestFolder();
  shop(folder);
  const commits = new Set<string>();
  for (const args of [
    ["tar", "--exclude=.git", "-czf", "a.tgz", "shop"],
    ["tar", "--exclude=.git", "-cf", "b.tar", "-C", "shop", "."],
    ["zip", "-qry", "c.zip", "shop", "-x", "*/.git/*"],
  ]) {
    const [program = "", ...rest] = args;
    if (!made(program, rest, folder)) continue;
    const name = args.find((word) => /^[abc]\./.test(word)) ?? "";
    const reached = unwrap(await reach(folder, folder.at(name)));
    expect([reached.leftOut, await commitsOf(reached), await pathsOf(reached)]).toEqual([
      2,
      1,
      ["file .gitignore", "program run.sh", "file src/a.py", "link src/b.py"],
    ]);
    commits.add(unwrap(await resolveCommit(reached.repository, "HEAD", never)));
  }
  expect(commits.size).toBe(1);
});

test("a folder under no git is one commit of its files; links are not followed, sockets and repositories inside are passed over", async () => {
  using folder = new TestFolder();
  mkdirSync(folder.at("plain/src"), { recursive: true });
  writeFileSync(folder.at("plain/src/a.py"), "x = 1\r\n");
  writeFileSync(folder.at("plain/.env.local"), "KEY=1");
  writeFileSync(folder.at("plain/.env.example"), "KEY=");
  writeFileSync(folder.at("secret"), "secret");
  symlinkSync(folder.at("secret"), folder.at("plain/link"));
  symlinkSync("loop", folder.at("plain/loop"));
  writeFileSync(Buffer.concat([Buffer.from(folder.at("plain/")), Buffer.from([0x66, 0xff, 0x2e, 0x70, 0x79])]), "y = 1\n");
  mkdirSync(folder.at("plain/node_modules/x"), { recursive: true });
  writeFileSync(folder.at("plain/node_modules/x/index.js"), "");
  writeFileSync(folder.at("plain/.gitignore"), "node_modules/\n");
  new UserRepository(folder.at("plain/inner")).write("in.py", "").commit();
  execFileSync("mkfifo", [folder.at("plain/pipe")]);
  const reached = unwrap(await reach(folder, folder.at("plain")));
  expect([reached.origin, reached.repository.name, reached.leftOut]).toEqual(["folder", "plain", 1]);
  expect(await pathsOf(reached)).toEqual([
    "file .env.example",
    "file .gitignore",
    "file f\xff.py",
    "link link",
    "link loop",
    "file src/a.py",
  ]);
  const blob = plainGit(folder.path, ["--git-dir", reached.repository.gitDir, "show", "HEAD:src/a.py"]).toString();
  expect(blob).toBe("x = 1\r\n");
});

test("what a folder cannot give is said: nothing in it, unreadable, too much", async () => {
  using folder = new TestFolder();
  mkdirSync(folder.at("empty"));
  expect(await problem(folder, folder.at("empty"))).toBe(
    "no-commits: /empty is no git repository and holds no files: give a repository, or a folder or an archive with files",
  );
  mkdirSync(folder.at("many"));
  for (let index = 0; index < 5; index++) writeFileSync(folder.at(`many/${index}`), "12345");
  const few = { limits: { mostBytes: 1000, mostEntries: 4 } };
  expect(await problem(folder, folder.at("many"), few)).toBe(
    "folder-unusable: /many holds more than 4 files: give the folder of one project",
  );
  expect(await problem(folder, folder.at("many"), { limits: { mostBytes: 20, mostEntries: 9 } })).toMatch(/holds more than .* GiB/);
  if (process.getuid?.() === 0) return;
  chmodSync(folder.at("many/0"), 0);
  expect(await problem(folder, folder.at("many"))).toMatch(/cannot be read/);
});

interface Planted {
  readonly name: string;
  readonly type?: "file" | "symlink" | "link" | "directory";
  readonly target?: string;
  readonly content?: string;
}

async function tarWith(entries: readonly Planted[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, type = "file", target, content = "" } of entries) {
    tar.entry({ name, type, ...(target === undefined ? {} : { linkname: target }) }, content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test.each<[string, Planted[], RegExp]>([
  ["a path upwards", [{ name: "../out.py", content: "x" }], /holds the path "\.\.\/out\.py", which leaves its root/],
  ["an absolute path", [{ name: "/etc/x.py", content: "x" }], /holds the path "\/etc\/x\.py", which leaves its root/],
  ["a link upwards", [{ name: "a/b", type: "symlink", target: "../../etc/passwd" }], /holds the link "a\/b" to "\.\.\/\.\.\/etc\/passwd"/],
  ["an absolute link", [{ name: "b", type: "symlink", target: "/etc/passwd" }], /holds the link "b" to "\/etc\/passwd"/],
  ["a hard link to nothing", [{ name: "b", type: "link", target: "/etc/passwd" }], /hard link to a file that is not in it/],
  ["nothing", [{ name: "d", type: "directory" }], /holds no files/],
])("an archive with %s is refused", async (_name, entries, sentence) => {
  using folder = new TestFolder();
  writeFileSync(folder.at("a.tar"), await tarWith(entries));
  expect(await problem(folder, folder.at("a.tar"))).toMatch(sentence);
});

test("a .git that leads elsewhere brings nothing from there", async () => {
  using folder = new TestFolder();
  const secret = new UserRepository(folder.at("secret"));
  const commit = secret.write("key", "s3cret").commit();
  const entries = [
    { name: "x/.git/HEAD", content: `${commit}\n` },
    { name: "x/.git/objects/info/alternates", content: `${folder.at("secret/.git/objects")}\n` },
    { name: "x/.git/commondir", content: `${folder.at("secret/.git")}\n` },
    { name: "x/.git/config", content: "[core]\n\tworktree = /\n" },
    { name: "x/a.py", content: "a = 1\n" },
  ];
  writeFileSync(folder.at("a.tar"), await tarWith(entries));
  expect(await pathsOf(unwrap(await reach(folder, folder.at("a.tar"))))).toEqual(["file a.py"]);
  writeFileSync(
    folder.at("b.tar"),
    await tarWith([
      { name: "x/.git", content: `gitdir: ${folder.at("secret/.git")}\n` },
      { name: "x/a.py", content: "" },
    ]),
  );
  expect(await pathsOf(unwrap(await reach(folder, folder.at("b.tar"))))).toEqual(["file a.py"]);
});

test("bombs end where the limits are, before more is unpacked", async () => {
  using folder = new TestFolder();
  const limits = { mostBytes: 10_000_000, mostEntries: 100 };
  const large = await tarWith([{ name: "zeros", content: "\0".repeat(11_000_000) }]);
  writeFileSync(folder.at("a.tgz"), gzipSync(large));
  writeFileSync(folder.at("b.tar.zst"), zstdCompressSync(large));
  for (const name of ["a.tgz", "b.tar.zst"])
    expect(await problem(folder, folder.at(name), { limits })).toMatch(/would unpack to more than/);
  writeFileSync(folder.at("c.tar"), await tarWith(Array.from({ length: 101 }, (_, index) => ({ name: `f${index}` }))));
  expect(await problem(folder, folder.at("c.tar"), { limits })).toMatch(/holds more than 100 entries/);
  if (!made("sh", ["-c", "head -c 11000000 /dev/zero > zeros && zip -q d.zip zeros"], folder)) return;
  expect(await problem(folder, folder.at("d.zip"), { limits })).toMatch(/would unpack to more than/);
});

test("a bomb of what describes its entries, or follows them, ends at the limits as well", async () => {
  using folder = new TestFolder();
  const limits = { mostBytes: 1_000_000, mostEntries: 100 };
  const described = pack();
  described.entry({ name: "a.py", pax: { comment: "x".repeat(2_000_000) } }, "a = 1\n");
  described.finalize();
  writeFileSync(folder.at("a.tgz"), gzipSync(await buffer(described)));
  const padded = Buffer.concat([await tarWith([{ name: "a.py", content: "a = 1\n" }]), Buffer.alloc(2_000_000)]);
  writeFileSync(folder.at("b.tgz"), gzipSync(padded));
  for (const name of ["a.tgz", "b.tgz"]) expect(await problem(folder, folder.at(name), { limits })).toMatch(/would unpack to more than/);
});

test("what is no archive, broken off, or damaged says so", async () => {
  using folder = new TestFolder();
  writeFileSync(folder.at("notes.txt"), "just text");
  expect(await problem(folder, folder.at("notes.txt"))).toMatch(/^archive-unusable: .*is a file but no archive that is read here/);
  const whole = gzipSync(
    await tarWith([
      { name: "a.py", content: "x".repeat(100_000) },
      { name: "b.py", content: "y" },
    ]),
  );
  writeFileSync(folder.at("cut.tgz"), whole.subarray(0, whole.length - 40));
  expect(await problem(folder, folder.at("cut.tgz"))).toMatch(/^archive-unusable: .*is damaged: /);
  writeFileSync(folder.at("odd.zip"), Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(100)]));
  expect(await problem(folder, folder.at("odd.zip"))).toMatch(/^archive-unusable: .*is damaged: /);
  if (!made("sh", ["-c", "echo x > x.py; zip -q -P pass e.zip x.py"], folder)) return;
  expect(await problem(folder, folder.at("e.zip"))).toMatch(/is encrypted/);
});
