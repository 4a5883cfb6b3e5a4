import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { bundleSnapshot } from "./bundle-snapshot.ts";
import { countUncommitted } from "./count-uncommitted.ts";
import { commitMessages, firstParentHistory, resolveCommit } from "./history.ts";
import { readBlobs } from "./read-blobs.ts";
import { gitFailure, runGit, startGit } from "./run-git.ts";
import { never, plainGit, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";
import { listTreeFiles } from "./tree-files.ts";
import { unpackSnapshot } from "./unpack-snapshot.ts";

test("standard output is bytes, standard input is given, and a bad exit is a value", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const bytes = Buffer.from([0, 255, 10, 128]);
  const written = await runGit({ gitDir: `${user.path}/.git`, args: ["hash-object", "-w", "--stdin"], input: bytes }, never);
  expect(written).toMatchObject({ exitCode: 0, ended: "exited" });
  const blob = written.stdout.toString("ascii").trim();
  const read = await runGit({ gitDir: `${user.path}/.git`, args: ["cat-file", "blob", blob] }, never);
  expect(read.stdout).toEqual(bytes);
  const bad = await runGit({ gitDir: `${user.path}/.git`, args: ["cat-file", "blob", "nothing"] }, never);
  expect(bad).toMatchObject({ exitCode: 128, ended: "exited" });
  expect(gitFailure("reading", bad).message).toMatch(/^git failed while reading \(exit 128\): fatal: .*nothing/);
});

test("a git that cannot be started is a failure that concerns the whole run", async () => {
  using folder = new TestFolder();
  const exit = await runGit({ folder: folder.path, args: ["--version"], environment: { PATH: folder.path } }, never);
  expect(exit).toMatchObject({ exitCode: null, ended: "not-started" });
  expect(gitFailure("asking", exit)).toMatchObject({
    code: "git-missing",
    wholeRun: true,
    message: expect.stringMatching(/^git could not be started \(ENOENT\): /),
  });
});

test("the signal ends a git that waits, and its exit says so", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const controller = new AbortController();
  const git = startGit({ gitDir: `${user.path}/.git`, args: ["cat-file", "--batch"] }, controller.signal);
  git.stdin.write("HEAD\n");
  const output = git.output[Symbol.asyncIterator]();
  expect((await output.next()).done).toBe(false);
  controller.abort();
  expect((await output.next()).done).toBe(true);
  const exit = await git.exit;
  expect(exit.ended).toBe("cancelled");
  expect(gitFailure("reading", exit)).toMatchObject({ code: "cancelled", retryable: true });
  expect((await runGit({ folder: folder.path, args: ["--version"] }, controller.signal)).ended).toBe("cancelled");
});

test("settings of the machine and the environment do not reach git", async () => {
  using folder = new TestFolder();
  const exit = await runGit({ folder: folder.path, args: ["config", "--list", "--show-origin", "-z"] }, never);
  expect(
    exit.stdout
      .toString("utf8")
      .split("\0")
      .filter((line) => line.startsWith("file:")),
  ).toEqual([]);
});

/** A repository in which everything that can name a program names one that leaves a trace. */
function hostileRepository(folder: TestFolder): { user: UserRepository; trace: string } {
  const user = new UserRepository(folder.at("user"));
  const trace = folder.at("trace");
  const run = `touch ${trace}; false`;
  user.write(".gitattributes", "* filter=evil diff=evil merge=evil\n").write("a.txt", "a\n").write("b.txt", "b\n");
  user.commit("first");
  user.write("a.txt", "changed\n");
  user.commit("second");
  const signed = user
    .git("cat-file", "commit", "HEAD")
    .replace("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n");
  writeFileSync(folder.at("signed"), `${signed}\n`);
  user.git("reset", "--quiet", user.git("hash-object", "-t", "commit", "-w", folder.at("signed")));
  const settings: Record<string, string> = {
    "core.fsmonitor": run,
    "core.sshCommand": run,
    "core.pager": run,
    "core.editor": run,
    "core.askPass": run,
    "core.gitProxy": run,
    "core.alternateRefsCommand": run,
    "core.hooksPath": folder.at("hooks"),
    "credential.helper": `!${run}`,
    "diff.external": run,
    "diff.evil.textconv": run,
    "diff.evil.command": run,
    "filter.evil.clean": run,
    "filter.evil.smudge": run,
    "filter.evil.process": run,
    "filter.evil.required": "true",
    "merge.evil.driver": run,
    "gpg.program": folder.at("hooks/program"),
    "log.showSignature": "true",
    "pager.log": run,
    "pager.status": run,
    "alias.status": `!${run}`,
    "alias.log": `!${run}`,
    "protocol.ext.allow": "always",
    "remote.origin.url": `ext::sh -c ${trace.replaceAll("/", "%S/")}`,
    "remote.origin.promisor": "true",
    "remote.origin.partialclonefilter": "blob:none",
    "remote.origin.uploadpack": run,
    "extensions.partialClone": "origin",
    "core.repositoryformatversion": "1",
  };
  for (const [key, value] of Object.entries(settings)) user.git("config", key, value);
  for (const hook of ["program", "post-index-change", "reference-transaction", "post-checkout", "pre-commit", "fsmonitor-watchman"]) {
    new UserRepository(folder.at("unused")).write(`../hooks/${hook}`, `#!/bin/sh\n${run}\n`, 0o755);
  }
  return { user, trace };
}

test("the trap springs for ordinary git, by each of three ways", () => {
  using folder = new TestFolder();
  const { user, trace } = hostileRepository(folder);
  for (const args of [["status"], ["-c", "core.fsmonitor=false", "diff", "HEAD~1", "HEAD"], ["-c", "core.fsmonitor=false", "log", "-1"]]) {
    rmSync(trace, { force: true });
    try {
      plainGit(user.path, args);
    } catch {
      // The trap's programs fail on purpose.
    }
    expect({ args, sprung: existsSync(trace) }).toEqual({ args, sprung: true });
  }
});

test("nothing that a repository's settings or attributes name is run by anything we do with it", async () => {
  using folder = new TestFolder();
  const { user, trace } = hostileRepository(folder);
  user.write("a.txt", "dirty\n").write("new.txt", "n\n");
  const missing = user.git("rev-parse", "HEAD:b.txt");
  rmSync(`${user.path}/.git/objects/${missing.slice(0, 2)}/${missing.slice(2)}`);
  rmSync(trace, { force: true });

  const repository = await user.open();
  const head = unwrap(await resolveCommit(repository, "HEAD", never));
  const history = unwrap(await firstParentHistory(repository, head, never));
  expect(history).toHaveLength(2);
  expect(unwrap(await commitMessages(repository, [head], never))[0]?.message).toBe("second");
  expect(await countUncommitted(repository, { scratch: folder.scratch, signal: never })).toBe(2);
  const listing = unwrap(await listTreeFiles(repository, head, never));
  expect(listing.files.map((file) => [file.path, file.size])).toEqual([
    [".gitattributes", 35],
    ["a.txt", 8],
    ["b.txt", null],
  ]);
  const read = await Array.fromAsync(
    readBlobs(
      repository,
      listing.files.map((file) => file.blob),
      never,
    ),
  );
  expect(read.map((one) => one.bytes?.length ?? null)).toEqual([35, 8, null]);
  const broken = await bundleSnapshot({ repository, commit: head, scratch: folder.scratch }, never);
  expect(broken).toMatchObject({ ok: false, error: { boundary: "repository" } });

  expect(existsSync(trace)).toBe(false);
  user.git("-c", "core.fsmonitor=false", "hash-object", "-w", "--no-filters", "b.txt");
  rmSync(trace, { force: true });
  const bundle = unwrap(await bundleSnapshot({ repository, commit: head, scratch: folder.scratch }, never));
  unwrap(await unpackSnapshot({ bundlePath: bundle.bundlePath, root: folder.at("cache"), id: "one", owner: null }, never));
  expect(existsSync(trace)).toBe(false);
});

test("what git itself would run on reading an index or a signed commit is put to rest in every call", async () => {
  using folder = new TestFolder();
  const { user, trace } = hostileRepository(folder);
  rmSync(trace, { force: true });
  const inRepository = { gitDir: `${user.path}/.git`, folder: user.path, environment: { GIT_WORK_TREE: user.path } };
  expect((await runGit({ ...inRepository, args: ["ls-files", "--debug"] }, never)).exitCode).toBe(0);
  expect((await runGit({ ...inRepository, args: ["log", "-1"] }, never)).exitCode).toBe(0);
  expect(existsSync(trace)).toBe(false);
  expect((await runGit({ ...inRepository, args: ["fetch", "origin"] }, never)).stderr).toContain("not allowed");
  expect(existsSync(trace)).toBe(false);
});

test("an object that a partial clone lacks is not fetched, as ordinary git would", async () => {
  using folder = new TestFolder();
  const origin = new UserRepository(folder.at("origin"));
  const blob = origin.write("a.txt", "a\n").git("hash-object", "-w", "a.txt");
  const user = new UserRepository(folder.at("user"));
  const settings = {
    "core.repositoryformatversion": "1",
    "extensions.partialClone": "origin",
    "remote.origin.promisor": "true",
    "remote.origin.url": origin.path,
  };
  for (const [key, value] of Object.entries(settings)) user.git("config", key, value);
  const read = await runGit({ gitDir: `${user.path}/.git`, args: ["cat-file", "blob", blob] }, never);
  expect(read).toMatchObject({ exitCode: 128, stdout: Buffer.alloc(0) });
  expect(plainGit(user.path, ["cat-file", "blob", blob]).toString()).toBe("a\n");
});

const noProc = process.platform === "linux" ? null : "process groups are read from /proc of Linux";

test("git is in a group of its own, so that Ctrl-C in a terminal does not end it", skippedIf(noProc), async () => {
  const groupOf = (stat: string): string => stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2] ?? "";
  const alias = { "alias.group": "!cat /proc/$$/stat" };
  const exit = await runGit({ args: ["group"], folder: "/", config: alias }, new AbortController().signal);
  const gitGroup = groupOf(exit.stdout.toString("utf8"));
  expect(gitGroup).toMatch(/^\d+$/);
  expect(gitGroup).not.toBe(groupOf(readFileSync("/proc/self/stat", "utf8")));
});
