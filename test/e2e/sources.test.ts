import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { startGitHost } from "../../src/repository/git-http-server.conformance.ts";
import { call, result, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const scripted = ["--teacher", "scripted", "--sandbox", "none", "--json"];

it("one run takes an address, an archive and a plain folder, and goes on when all of them are gone", { timeout: 180_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const plain = join(folder.path, "plain");
  await mkdir(plain);
  await writeFile(join(plain, "tool.py"), "def tool(value):\n    return value + 1\n\n\ndef other(value):\n    return value + 2\n");
  await writeFile(join(plain, ".env"), "KEY=hidden-in-env\n");
  const archive = join(folder.path, "packed.tgz");
  execFileSync("tar", ["-czf", archive, "-C", folder.path, basename(repository)]);
  const run = join(folder.path, "run");
  const host = await startGitHost(folder.path, null);
  const repos = [`${host.origin}/${basename(repository)}/.git`, archive, plain].flatMap((path) => ["--repo", path]);
  const first = await call(["generate", ...repos, "--lineages", "4", "--run", run, ...scripted]);
  await host[Symbol.asyncDispose]();
  execFileSync("rm", ["-rf", archive, plain, repository]);
  expect(first.stderr).toContain(`Fetching ${host.origin}`);
  expect(first.stderr).toMatch(
    /plain: 1 snapshot; it is under no git, so its files are taken as one commit;.*; 1 ignored or \.env file is left out\./,
  );
  expect(result(first)["lineages"]).toMatchObject({ total: 4, failed: 0, unfinished: 0 });
  const more = await call(["generate", "--run", run, "--lineages", "7", "--json"]);
  expect(more.stderr).not.toContain("Fetching");
  expect(result(more)["lineages"]).toMatchObject({ total: 7, failed: 0, unfinished: 0 });
  expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
  expect(execFileSync("sh", ["-c", `grep -rl hidden-in-env ${run} || true`], { encoding: "utf8" })).toBe("");
});

it("functions of an archive, of a folder inside a repository, and of a plain folder", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await mkdir(join(repository, "inner"));
  await writeFile(join(repository, "inner", "only.py"), "def only():\n    return 1\n");
  execFileSync("sh", ["-c", "git add . && git -c user.name=a -c user.email=a@b commit -qm inner"], { cwd: repository });
  const inner = await call(["functions", join(repository, "inner"), "--json"]);
  expect(
    inner.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { path: string }).path),
  ).toEqual(["inner/only.py"]);
  execFileSync("git", ["archive", "--prefix=x/", "-o", join(folder.path, "a.tar.gz"), "HEAD"], { cwd: repository });
  const packed = await call(["functions", join(folder.path, "a.tar.gz")]);
  const whole = await call(["functions", repository]);
  expect([packed.status, packed.stdout]).toEqual([0, whole.stdout]);
});

it.each([
  ["https://ann:t0ken@example.com/x.git", /^https:.*holds a name, password or token/, 2],
  ["http://127.0.0.1:9/x.git", /could not be fetched: .*onnect/, 2],
  ["notes.txt", /is a file but no archive that is read here/, 2],
])("%s is refused in one sentence, and leaves no run folder", async (text, sentence, status) => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "notes.txt"), "text");
  const refused = await call(["generate", "--repo", text, ...scripted], { folder: folder.path });
  expect(refused.status).toBe(status);
  const said = refused.stderr.trimEnd().split("\n").at(-1) ?? "";
  expect(said.replace(/^\S*notes/, "notes")).toMatch(sentence);
  expect(execFileSync("ls", [folder.path], { encoding: "utf8" })).toBe("notes.txt\n");
});
