import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const checksOf = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));

test("config prints what there is of settings, and says what generate still needs", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path };
  const nothing = await call(["config", "--lineages", "7", "--json"], options);
  expect([nothing.status, JSON.parse(nothing.stdout)]).toEqual([
    0,
    expect.objectContaining({ lineages: 7, repositories: [], teachers: [] }),
  ]);
  expect(nothing.stderr).toMatch(
    /^Missing for generate: No repository is named: [^\n]*\nMissing for generate: No teacher is named: [^\n]*\n$/,
  );
  const half = await call(["config", "--repo", ".", "--base-url", "http://127.0.0.1:1"], options);
  expect([half.status, half.stderr]).toEqual([
    0,
    expect.stringMatching(/^Missing for generate: The teacher's model is not named[^\n]*\n$/),
  ]);
  // A mistake comes before what is only missing.
  const wrong = await call(["generate", "--lineages", "none"], options);
  expect([wrong.status, wrong.stderr]).toEqual([2, '--lineages: "none" is not allowed: write a whole number of at least 1.\n']);
  const bare = await call(["generate"], options);
  expect([bare.status, bare.stderr]).toEqual([2, expect.stringMatching(/^No repository is named[^\n]*\nNo teacher is named[^\n]*\n$/)]);
  expect(existsSync(join(folder.path, "runs"))).toBe(false);
});

test("doctor looks at the repository, the sandbox and the teacher that flags name, and only at those", { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"), 3);
  const options = { folder: folder.path };
  const named = ["--repo", repository, "--sandbox", "none", "--teacher", "scripted"];
  const [all, lost, bare] = await Promise.all([
    call(["doctor", ...named, "--json"], options),
    call(["doctor", "--sandbox", "none", "--repo", join(folder.path, "lost")], options),
    call(["doctor", "--sandbox", "none"], options),
  ]);
  expect(all.status).toBe(0);
  const checks = checksOf(all.stdout);
  expect(checks).toContainEqual(expect.objectContaining({ check: "functions", ok: true, detail: expect.stringContaining("python") }));
  expect(checks).toContainEqual(expect.objectContaining({ check: "tool calls", ok: true, detail: "made" }));
  expect(checks.filter(({ check }) => String(check).startsWith("sandbox none: ")).length).toBeGreaterThan(0);
  expect(lost.status).toBe(1);
  expect(lost.stdout).toMatch(/^BAD {2}repository \S*lost: .* does not exist\n {5}mend: /m);
  expect(bare.status).toBe(0);
  expect(bare.stdout).toMatch(/^info repository: No repository is named/m);
  expect(bare.stdout).not.toMatch(/^ok {3}teacher/m);
});

test("config tells of a host that privacy refuses, and what privacy does not judge is said", async () => {
  await using folder = await temporaryFolder();
  const options = { folder: folder.path };
  const endpoint = ["--repo", ".", "--base-url", "http://8.8.8.8", "--model", "m"];
  const [local, any] = await Promise.all([
    call(["config", ...endpoint, "--privacy", "local"], options),
    call(["config", ...endpoint, "--privacy", "any"], options),
  ]);
  expect([local.status, local.stderr]).toEqual([0, expect.stringMatching(/^Refused by generate: 8\.8\.8\.8 is a public address/m)]);
  expect([any.status, any.stderr]).toEqual([0, ""]);
  await writeFile(join(folder.path, "apprentice.yaml"), 'sandbox: {setup: ["true"]}\n');
  const doctor = await call(["doctor"], options);
  expect(doctor.stdout).toMatch(/^info network of set-up commands: .*privacy does not judge that$/m);
});
