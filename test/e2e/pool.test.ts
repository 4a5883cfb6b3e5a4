import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createScrubber } from "../../src/base/secret.ts";
import { openLocalJournal } from "../../src/ledger/local/local-journal.ts";
import { call, result, start, startTeacher, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

test(
  "a run over two endpoints keeps each rollout at one of them, and goes on at the other when one dies",
  { timeout: 240_000 },
  async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const repository = smallRepository(at("repository"));
    await using first = await startTeacher(at("first.jsonl"), ["--latency-ms", "30"]);
    const second = await startTeacher(at("second.jsonl"), ["--latency-ms", "30"]);
    const endpoints = ["--base-url", first.url, "--base-url", second.url, "--model", "scripted"];
    const flags = ["--repo", repository, ...endpoints, "--lineages", "12", "--concurrency", "4"];
    const running = start(["generate", ...flags, "--run", at("run"), "--json"]);
    try {
      await expect.poll(async () => (await second.log()).length, { interval: 20, timeout: 60_000 }).toBeGreaterThan(60);
    } finally {
      await second[Symbol.asyncDispose]();
    }
    const ended = await running.ended;
    expect({ status: ended.status, stderr: ended.stderr }).toMatchObject({ status: 0 });
    expect(result(ended)["lineages"]).toMatchObject({ total: 12, failed: 0, unfinished: 0 });
    expect(ended.stderr).toContain(`${new URL(first.url).host}, ${new URL(second.url).host}`);
    expect(result(await call(["verify", at("run"), "--json"]))).toEqual({ ok: true, problems: [] });

    const asked = new Map((await first.log()).map(({ hash }) => [hash, "first"]));
    for (const { hash } of await second.log()) asked.set(hash, asked.has(hash) ? "both" : "second");
    await using journal = await openLocalJournal({ folder: at("run/journal"), scrubber: createScrubber([]), write: false });
    const entries = await Array.fromAsync(journal.entries());
    const lostAt = entries.findIndex(({ kind }) => kind === "call-failure");
    expect(lostAt).toBeGreaterThan(0);
    const places = new Map<string, Set<string | undefined>>();
    for (const entry of entries.slice(0, lostAt)) {
      if (entry.kind === "intent") places.set(entry.key, (places.get(entry.key) ?? new Set()).add(asked.get(entry.requestHash)));
    }
    const homes = [...places.values()].filter((found) => found.size === 1 || !found.has("second"));
    // What was asked as the second died has no line, or one at each.
    expect(places.size - homes.length).toBeLessThanOrEqual(4);
    expect([...places.values()].flatMap((found) => [...found])).toEqual(expect.arrayContaining(["first", "second"]));
  },
);

test("a key that one of two endpoints refuses is told by doctor, and does not stop a run", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const repository = smallRepository(at("repository"));
  await using good = await startTeacher(at("good.jsonl"));
  await using bad = await startTeacher(at("bad.jsonl"), ["--faults", "401=1"]);
  const teacher = `{ kind: endpoint, baseUrl: "${bad.url}", model: scripted, endpoints: [{ baseUrl: "${good.url}" }] }`;
  await writeFile(at("apprentice.yaml"), `lineages: 4\nrepositories: [{ path: ${repository} }]\nteachers: [${teacher}]\n`);
  const checked = await call(["doctor", "--config", at("apprentice.yaml"), "--json"]);
  const checks = checked.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { check: string; ok: boolean });
  const answers = checks.filter(({ check }) => check.startsWith("teacher scripted at"));
  expect(answers.map(({ ok }) => ok)).toEqual([false, true]);
  const ended = await call(["generate", "--config", at("apprentice.yaml"), "--run", at("run"), "--json"]);
  expect(ended.status).toBe(0);
  expect(result(ended)["lineages"]).toMatchObject({ total: 4, failed: 0, unfinished: 0 });
  expect((await bad.log()).length).toBeLessThan(5);
});
