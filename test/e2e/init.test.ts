import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, result, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";
import { typedSession, type Typing } from "./typed-session.ts";

const enter = "\r";
const file = (folder: string): string => readFileSync(join(folder, "apprentice.yaml"), "utf8");

test("without a terminal --yes writes what is found, and the file runs as it is", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  smallRepository(folder.path);
  const options = { folder: folder.path };
  const written = await call(["init", "--yes", "--json"], options);
  expect(written.status).toBe(0);
  expect(result(written)).toEqual({
    privacy: "local",
    repositories: [{ path: "." }],
    sandbox: { kind: expect.any(String) },
    teachers: [{ kind: "scripted" }],
    lineages: 20,
  });
  expect(file(folder.path)).toMatch(/^# yaml-language-server: \$schema=\S*apprentice\.schema\.json\n/);
  expect(file(folder.path)).toContain("# 15 functions (8 python, 4 typescript, 3 go); 12 commits, the newest held out\n  - path: .\n");
  expect(
    Math.max(
      ...file(folder.path)
        .split("\n")
        .map((line) => line.length),
    ),
  ).toBeLessThanOrEqual(100);
  const config = await call(["config"], options);
  expect([config.status, config.stderr]).toEqual([0, ""]);
  const ran = await call(["generate", "--lineages", "2", "--run", "run", "--json"], options);
  expect([ran.status, result(ran)["lineages"]]).toEqual([0, expect.objectContaining({ total: 2, failed: 0 })]);
});

test("it never overwrites unasked, and asks nobody where there is no terminal", async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "my repo: #1"));
  const options = { folder: folder.path };
  writeFileSync(join(folder.path, "apprentice.yaml"), "seed: 7\n");
  const [there, silent, nowhere, empty] = await Promise.all([
    call(["init", "--yes", "--repo", repository], options),
    call(["init", "--out", "other.yaml"], options),
    call(["init", "--yes", "--out", "other.yaml"], options),
    call(["init", "--yes", "--out", "other.yaml", "--repo", "gone"], options),
  ]);
  expect([there, silent, nowhere, empty].map(({ status, stdout }) => [status, stdout])).toEqual(Array.from({ length: 4 }, () => [2, ""]));
  expect(there.stderr).toBe("apprentice.yaml is there already and is never overwritten unasked: name another file with --out.\n");
  expect(silent.stderr).toBe("init asks questions, and there is no terminal to ask at: add --yes, and flags for what is known.\n");
  expect(nowhere.stderr).toBe("There is no git repository here: name yours with --repo PATH.\n");
  expect(empty.stderr).toMatch(/^gone does not exist: .*\.\n$/);
  expect([file(folder.path), existsSync(join(folder.path, "other.yaml"))]).toEqual(["seed: 7\n", false]);

  mkdirSync(join(folder.path, "settings"));
  const out = join("settings", "a b.yaml");
  const flags = ["--base-url", "http://127.0.0.1:9", "--model", "zai-org/GLM: x", "--api-key-env", "K_1", "--lineages", "3"];
  const ended = await call(["init", "--yes", "--repo", "my repo: #1", "--out", out, ...flags], options);
  expect(ended.status).toBe(0);
  expect(ended.stderr).toContain(`\n  export K_1=…\n`);
  expect(ended.stderr).toContain(` generate --config 'settings/a b.yaml'\n`);
  // Read from where the file lies, and with a key that is set.
  const set = { ...options, environment: { K_1: "sk-1234567890" } };
  const again = await call(["init", "--yes", "--repo", "my repo: #1", "--out", "set.yaml", ...flags], set);
  expect([again.status, again.stderr]).toEqual([0, expect.not.stringMatching("export|sk-1234567890")]);
  expect(readFileSync(join(folder.path, "set.yaml"), "utf8")).not.toContain("1234567890");
  const config = await call(["config", "--config", out, "--json"], set);
  expect([config.status, config.stderr]).toEqual([0, ""]);
  expect(result(config)).toMatchObject({
    privacy: "local",
    lineages: 3,
    repositories: [{ path: expect.stringMatching(/\/my repo: #1$/) }],
    teachers: [{ kind: "endpoint", model: "zai-org/GLM: x", apiKey: "env:K_1" }],
  });
});

test("privacy local, which is the default of --yes, refuses a public endpoint before it is written down or asked", async () => {
  await using folder = await temporaryFolder();
  smallRepository(folder.path, 3);
  const options = { folder: folder.path };
  const endpoint = ["--base-url", "https://8.8.8.8/v1", "--model", "m"];
  const refusal = /^8\.8\.8\.8 is a public address, and privacy is local: name one on this machine or in a private network/;
  const init = await call(["init", "--yes", ...endpoint], options);
  expect([init.status, init.stderr, existsSync(join(folder.path, "apprentice.yaml"))]).toEqual([2, expect.stringMatching(refusal), false]);
  const generate = await call(["generate", "--repo", ".", "--privacy", "local", ...endpoint], options);
  expect([generate.status, generate.stderr]).toEqual([2, expect.stringMatching(`^Nothing was sent: ${refusal.source.slice(1)}`)]);
  expect(existsSync(join(folder.path, "runs"))).toBe(false);
  const doctor = await call(["doctor", "--sandbox", "none", "--privacy", "local", "--base-url", "http://8.8.8.8", "--model", "m"], options);
  // The sandbox none is refused for a model first.
  expect(doctor.status).toBe(2);
  const checks = await call(["doctor", "--privacy", "local", ...endpoint, "--json"], options);
  expect(checks.status).toBe(1);
  expect(checks.stdout).toContain('"check":"text to 8.8.8.8","ok":false');
  expect(checks.stdout).not.toContain('"check":"teacher m');
});

test("an engine of containers elsewhere gets the code, so privacy local is about it too", async () => {
  await using folder = await temporaryFolder();
  smallRepository(folder.path, 3);
  const args = ["generate", "--repo", ".", "--privacy", "local", "--sandbox", "docker", "--image", "x", "--teacher", "scripted"];
  const ended = await call(args, { folder: folder.path, environment: { DOCKER_HOST: "tcp://8.8.8.8:2376" } });
  expect([ended.status, ended.stderr]).toEqual([2, expect.stringMatching(/^Nothing was sent: 8\.8\.8\.8:2376 is a public address/)]);
});

const questions: readonly Typing[] = [
  ["Where may your code be sent?", enter],
  ["Where is the code?", enter],
  ["Who is the teacher?", enter],
  ["Address of the endpoint?", `http://8.8.8.8${enter}`],
  ["is a public address, and privacy is local.", ""],
  ["Address of the endpoint?", enter],
  ["Name of the model there?", `glm-4.6${enter}`],
  ["holds its key", `sk-12-34${enter}`],
  ["not the key.", "\u0015TEACHER_KEY_1\r"],
  ["How many functions", `5${enter}`],
  ["Dollars to spend", `12.5${enter}`],
  ["Wrote apprentice.yaml", ""],
];

test("at a terminal it asks, privacy first, and writes what was answered", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  smallRepository(folder.path);
  const { status, screen } = await typedSession(["init"], questions, folder.path);
  expect(status).toBe(0);
  expect(screen.indexOf("Where may your code be sent?")).toBeLessThan(screen.indexOf("Where is the code?"));
  expect(screen).toContain("15 functions (8 python, 4 typescript, 3 go)");
  const text = file(folder.path);
  expect(text).toContain("\nprivacy: local\n");
  expect(text).toContain("\n    baseUrl: http://127.0.0.1:8000/v1\n    model: glm-4.6\n    apiKey: env:TEACHER_KEY_1  #");
  expect(text).toContain("\nlineages: 5  #");
  expect(text).toContain("\nbudgetUsd: 12.5  #");
  expect(text).not.toContain("sk-12");

  // What is there is kept unless the answer is yes.
  const kept = await typedSession(["init", "--privacy", "any"], [["is there already. Write it anew?", enter]], folder.path);
  expect([kept.status, file(folder.path)]).toEqual([2, text]);
  const anew: readonly Typing[] = [
    ["Write it anew?", "y"],
    ["Where is the code?", enter],
    ["How many", enter],
    ["Wrote apprentice.yaml", ""],
  ];
  const flags = ["init", "--privacy", "any", "--teacher", "scripted"];
  expect((await typedSession(flags, anew, folder.path)).status).toBe(0);
  expect(file(folder.path)).toContain("\nprivacy: any\n");
});

test("Ctrl-C at any question leaves nothing and ends with 130", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  smallRepository(folder.path);
  const before = readdirSync(folder.path);
  for (const at of [0, 3, 9]) {
    const typing = [...questions.slice(0, at), [questions[at]?.[0] ?? "", "\u0003"] as const];
    const { status, screen } = await typedSession(["init"], typing, folder.path);
    expect([status, screen]).toEqual([130, expect.stringContaining("Nothing was written.")]);
  }
  expect(readdirSync(folder.path)).toEqual(before);
});
