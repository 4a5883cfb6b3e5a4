import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { call, generateArgs, start, startTeacher, temporaryFolder, type CallOptions } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const scripted = ["--teacher", "scripted", "--sandbox", "none", "--lineages", "2", "--json"];

/** One sentence on standard error, and no stack of ours. */
async function expectRefusal(args: readonly string[], status: number, sentence: RegExp, options: CallOptions = {}): Promise<void> {
  const ended = await call(args, options);
  expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status, stderr: expect.stringMatching(sentence) });
  expect(ended.stderr).not.toMatch(/\n {4}at /);
}

/** A repository with commits and no function. */
function barrenRepository(path: string): string {
  smallRepository(path);
  execFileSync("git", ["-C", path, "rm", "-rq", "."]);
  writeFileSync(join(path, "notes.txt"), "nothing to see\n");
  execFileSync("git", ["-C", path, "add", "-A"]);
  execFileSync("git", ["-C", path, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "Barren"]);
  return path;
}

/** An environment whose git leaves its process id in the file `asked`, and then waits to be killed. */
async function withGitThatWaits(folder: string): Promise<Record<string, string>> {
  await mkdir(join(folder, "programs"));
  await writeFile(
    join(folder, "programs", "git"),
    `#!/bin/sh\necho $$ >'${folder}/asked.new'\nmv '${folder}/asked.new' '${folder}/asked'\nexec sleep 60\n`,
    { mode: 0o755 },
  );
  return { PATH: `${join(folder, "programs")}:${process.env["PATH"]}` };
}

it("repositories that cannot be used", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const generate = (repository: string): string[] => ["generate", "--repo", repository, ...scripted];
  const expectNoRun = async (args: readonly string[], status: number, sentence: RegExp): Promise<void> => {
    await expectRefusal(args, status, sentence, { folder: folder.path });
    expect(existsSync(at("runs"))).toBe(false);
    await expectRefusal([...args, "--run", at("new/run")], status, sentence);
    expect(existsSync(at("new"))).toBe(false);
    await mkdir(at("own"), { recursive: true });
    await expectRefusal([...args, "--run", at("own")], status, sentence);
    expect(await readdir(at("own"))).toEqual([]);
  };
  await expectNoRun(generate(at("nowhere")), 2, /nowhere.* does not exist/);
  await mkdir(at("plain"));
  await expectNoRun(generate(at("plain")), 2, /plain.* git repository/);
  execFileSync("git", ["init", "-q", at("empty")]);
  await expectNoRun(generate(at("empty")), 2, /no commits?/);
  await expectNoRun([...generate(smallRepository(at("short"), 2)), "--hold-out", "2"], 2, /hold/);
  const barren = barrenRepository(at("barren"));
  await expectNoRun([...generate(barren), "--hold-out", "none"], 1, /No functions were found/);
});

it("a run that is there is left as it is when its repository is refused", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const run = join(folder.path, "run");
  const repository = join(folder.path, "repository");
  // A run that was killed before its intake: all it has is its settings.
  const begun = start(["generate", "--repo", repository, "--run", run, ...scripted], { environment: await withGitThatWaits(folder.path) });
  smallRepository(repository);
  while (!existsSync(join(folder.path, "asked"))) await new Promise((resolve) => setTimeout(resolve, 20));
  begun.child.kill("SIGKILL");
  process.kill(Number(await readFile(join(folder.path, "asked"), "utf8")), "SIGKILL");
  await begun.ended;
  const settings = await readFile(join(run, "config.yaml"), "utf8");
  await rename(repository, `${repository}-moved`);
  await expectRefusal(["generate", "--run", run, "--concurrency", "3"], 2, /does not exist/);
  expect(await readFile(join(run, "config.yaml"), "utf8")).toBe(settings);
  await rename(`${repository}-moved`, repository);
  const ended = await call(["generate", "--run", run, "--concurrency", "3"]);
  expect([ended.status, ended.stdout]).toEqual([0, expect.stringContaining("Lineages: 2")]);
  expect(await readFile(join(run, "config.yaml"), "utf8")).toContain("concurrency: 3");
});

it("run folders that cannot be used", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await writeFile(join(folder.path, "file"), "");
  await expectRefusal(["generate", "--repo", repository, "--run", join(folder.path, "file", "run"), ...scripted], 1, /cannot be written/);
  await expectRefusal(["report", folder.path], 2, /run/);
  await using teacher = await startTeacher(join(folder.path, "log"), ["--latency-ms", "400"]);
  const args = generateArgs({ repository, run: join(folder.path, "run"), url: teacher.url }, "--lineages", "2");
  const first = start(args);
  while ((await teacher.log()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await expectRefusal(args, 1, /in use/);
  await expectRefusal(
    ["verify", join(folder.path, "run")],
    1,
    /^This run is under way \(process \d+\): verify it when that has ended\.\n$/,
  );
  first.child.kill("SIGTERM");
  expect((await first.ended).status).toBe(143);
});

it("settings that cannot be used", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const config = join(folder.path, "apprentice.yaml");
  const refuses = async (text: string, sentence: RegExp): Promise<void> => {
    await writeFile(config, text);
    await expectRefusal(["config", "--config", config], 2, sentence);
  };
  await refuses("seed: [1", /apprentice\.yaml:\d+:\d+: this is not valid YAML/);
  await refuses(
    "lineage: 3\nrepositories: [{ path: . }]\nteachers: [{ kind: scripted }]\n",
    /apprentice\.yaml:1:1: unknown key "lineage": did you mean "lineages"\?/,
  );
  const secret = "sk-0123456789abcdef";
  await writeFile(
    config,
    `repositories: [{ path: . }]\nteachers: [{ kind: endpoint, baseUrl: "http://127.0.0.1:1", model: m, apiKey: ${secret} }]\n`,
  );
  const literal = await call(["config", "--config", config]);
  expect(literal.status).toBe(2);
  expect(literal.stderr).toMatch(/env:NAME/);
  expect(literal.stderr).not.toContain(secret);
  const unset = ["generate", "--repo", ".", "--base-url", "http://127.0.0.1:1", "--model", "m", "--api-key-env", "APPRENTICE_TEST_UNSET"];
  await expectRefusal([...unset, "--run", join(folder.path, "run")], 2, /APPRENTICE_TEST_UNSET is not set/);
  await expectRefusal(["generate", "--repo", "."], 2, /No teacher is named/);
  const blind = ["generate", "--repo", ".", "--base-url", "http://127.0.0.1:1", "--model", "no-such-price", "--budget-usd", "5"];
  await expectRefusal([...blind, "--run", join(folder.path, "run")], 2, /budget of \$5 cannot be kept.*price/);
  await expectRefusal(["teacher", "--port", "99999"], 2, /Write a whole number from 0 to 65535\.\n$/);
  await expectRefusal(["demo", "--lineages", "1.5"], 2, /Write a whole number of at least 1\.\n$/);
  await expectRefusal(["generat"], 2, /did you mean "generate"/);
  await expectRefusal(
    ["generate", "--lineages", "many", "--repo", "."],
    2,
    /--lineages: "many" is not allowed: write a whole number of at least 1\./,
  );
});

it("a machine without a program that --sandbox none needs is not told to use it", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const programs = join(folder.path, "programs");
  await mkdir(programs);
  for (const name of ["git", "bash", "ps", "mkfifo"])
    await symlink(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(programs, name));
  const args = ["generate", "--repo", repository, "--run", join(folder.path, "run"), "--teacher", "scripted", "--lineages", "2"];
  const options = { environment: { PATH: programs } };
  await expectRefusal([...args, "--sandbox", "none"], 1, /^(?!.*--sandbox none).*the program cp is not there.*install cp/s, options);
  await expectRefusal([...args, "--sandbox", "bubblewrap"], 1, /bwrap is not there.* --sandbox none/, options);
  expect(existsSync(join(folder.path, "run"))).toBe(false);
});

it("a teacher that is not there", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const args = generateArgs({ repository, run: join(folder.path, "run"), url: "http://127.0.0.1:9", model: "m" }, "--lineages", "2");
  await expectRefusal(args, 1, /Stopped: .*127\.0\.0\.1:9/);
  const stopped = await call(args);
  expect(stopped.stdout).toMatch(/^Nothing is done yet: none of 2 lineages was followed, .*\n(Cost: .*\n)?$/);
  expect(stopped.stderr).toContain(`To go on: npx apprentice generate --run ${join(folder.path, "run")}\n`);
  await using teacher = await startTeacher(join(folder.path, "log"));
  const unknown = args.map((value) => (value === "http://127.0.0.1:9" ? teacher.url : value));
  await expectRefusal(unknown, 1, /Stopped: .*model/);
});

it("a full disk behind standard output is a sentence", { timeout: 60_000, skip: !existsSync("/dev/full") }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const command = `"${process.execPath}" bin/apprentice.js functions "${repository}" --json >/dev/full; echo "status $?" >&2`;
  const said = execFileSync("sh", ["-c", `{ ${command}; } 2>&1`], { cwd: join(import.meta.dirname, "..", ".."), encoding: "utf8" });
  expect(said).toMatch(/Standard output cannot be written \(ENOSPC\)[^\n]*\n[^]*status 1\n$/);
  expect(said).not.toMatch(/\n {4}at /);
});

it("a reader that leaves early ends a listing quietly", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const command = `"${process.execPath}" bin/apprentice.js functions "${repository}" --json; echo "status $?" >&2`;
  const text = execFileSync("sh", ["-c", `{ ${command}; } 2>"${folder.path}/err" | head -c 10`], {
    cwd: join(import.meta.dirname, "..", ".."),
  });
  expect(text.length).toBe(10);
  expect(await readFile(join(folder.path, "err"), "utf8")).toContain("status 0");
});
