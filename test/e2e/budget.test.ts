import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, result, startTeacher, temporaryFolder } from "./command-line.ts";
import { startPlannedTeacher } from "./planned-teacher.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

/** Each reply has 9 tokens of output, and one such token costs a thousandth of a dollar. */
test("a budget is kept over resumes: what was spent before counts", { timeout: 120_000, ...skippedIf(noBubblewrap) }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await using teacher = await startPlannedTeacher((turn) => ["printf 'x = 1\\n' >> app/prices.py", "ls", "pwd"][turn]);
  const config = join(folder.path, "apprentice.yaml");
  const prices = "{inputPerMtok: 0, cachedPerMtok: 0, outputPerMtok: 1000}";
  await writeFile(
    config,
    `lineages: 4\nconcurrency: 2\nrepositories: [{path: ${repository}}]\nteachers: [{kind: endpoint, baseUrl: "${teacher.url}", model: m, prices: ${prices}}]\nrollout: {maxOutputTokens: 10}\n`,
  );
  const run = join(folder.path, "run");
  const generate = async (budget: string) => await call(["generate", "--config", config, "--run", run, "--budget-usd", budget, "--json"]);
  const first = await generate("0.1");
  expect(first.status, first.stderr).toBe(3);
  expect(first.stderr).toMatch(/^To go on: .* --budget-usd 0\.2$/m);
  const spent = Number(result(first)["costUsd"]);
  expect([spent > 0.05, spent <= 0.1]).toEqual([true, true]);
  expect(teacher.requests).toBe(Math.round(spent / 0.009));
  const asked = teacher.requests;
  const again = await generate("0.1");
  expect([again.status, teacher.requests, result(again)["costUsd"]]).toEqual([3, asked, spent]);
  const done = await generate("5");
  expect([done.status, result(done)["lineages"]]).toEqual([0, expect.objectContaining({ kept: 4 })]);
  expect(Number(result(done)["costUsd"])).toBeCloseTo(teacher.requests * 0.009, 6);
  expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
});

test("a model of one's own costs its GPUs' time while requests are there, and a budget holds", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await using teacher = await startTeacher(join(folder.path, "log.jsonl"), ["--latency-ms", "40"]);
  const config = join(folder.path, "apprentice.yaml");
  // A dollar a second.
  const settings = `{kind: endpoint, baseUrl: "${teacher.url}", model: scripted, gpuPrice: {usdPerHour: 450, gpus: 8}}`;
  await writeFile(config, `lineages: 4\nconcurrency: 4\nrepositories: [{path: ${repository}}]\nteachers: [${settings}]\n`);
  const generate = async (run: string, ...more: string[]) =>
    await call(["generate", "--config", config, "--run", join(folder.path, run), "--json", ...more]);
  const whole = await generate("whole");
  expect(whole.status, whole.stderr).toBe(0);
  const { costUsd, durationSeconds, unknownCostCalls } = result(whole);
  expect(unknownCostCalls).toBe(0);
  expect(Number(costUsd)).toBeGreaterThan(0.5);
  expect(Number(costUsd)).toBeLessThan(Number(durationSeconds));
  const half = Number(costUsd) / 2;
  const stopped = await generate("half", "--budget-usd", String(half));
  expect(stopped.status, stopped.stderr).toBe(3);
  expect(Number(result(stopped)["costUsd"])).toBeLessThan(half + 0.4);
});
