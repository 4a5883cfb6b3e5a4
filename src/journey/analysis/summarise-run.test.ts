import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { failure } from "../../records/failure.ts";
import { failedOutcomeKey } from "../../records/lineage.ts";
import { inventedLineage, openTemporaryRun, putLineage, putOrigin, type Story, type TemporaryRun } from "../stored-lineage.conformance.ts";
import { collectSamples, DropCounter } from "../dataset/collect-samples.ts";
import { wholeSamples } from "../dataset/whole-samples.ts";
import { writeDataset } from "../dataset/write-dataset.ts";
import { summariseRun } from "./summarise-run.ts";

let stores: TemporaryRun;
beforeEach(async () => {
  stores = await openTemporaryRun();
  await putOrigin(stores.run);
});
afterEach(async () => await stores[Symbol.asyncDispose]());

const problem = failure({ boundary: "sandbox", code: "sandbox-died", message: "It died.", retryable: true });

async function failed(position: number, tries: number): Promise<void> {
  const lineage = inventedLineage(position);
  await stores.run.ledger.put("lineage", lineage.key, lineage);
  const outcome = { version: 1 as const, lineage: lineage.key, state: "failed" as const, stage: "first-rollout", failure: problem, tries };
  await stores.run.ledger.put("outcome", failedOutcomeKey(lineage.key, tries), outcome);
}

test("every lineage is counted once, in the state it came to last", async () => {
  const stories: Story[] = [
    { recall: 1 },
    { recall: 0.5 },
    { recall: 0.05 },
    { recall: null },
    { check: "refused" },
    { check: "refused" },
    { request: null },
  ];
  for (const [position, story] of stories.entries()) await putLineage(stores.run, inventedLineage(position), story);
  await failed(0, 1);
  await failed(20, 1);
  await failed(20, 2);
  await stores.run.ledger.put("lineage", inventedLineage(30).key, inventedLineage(30));
  const summary = await summariseRun(stores.run);
  expect(summary.lineages).toEqual({ total: 9, kept: 4, rejected: 3, failed: 1, unfinished: 1 });
  expect(summary.reasons).toEqual([
    { reason: "rejected: self-check (refused)", count: 2 },
    { reason: "failed: sandbox/sandbox-died in first-rollout", count: 1 },
    { reason: "rejected: pull-request-unreadable (no readable answer)", count: 1 },
  ]);
  expect(summary.teacher).toBe("some-model");
  expect(summary.rollouts).toBe(14);
  expect(summary.steps).toBe(42);
});

test("recall is binned by tenths, exactly 1 apart, and the mean is of those that have one", async () => {
  for (const [position, recall] of [0, 0.09, 0.1, 0.95, 1, 1, null].entries())
    await putLineage(stores.run, inventedLineage(position), { recall });
  const { recallTenths, meanRecall } = await summariseRun(stores.run);
  expect(recallTenths).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
  expect(meanRecall).toBeCloseTo((0.09 + 0.1 + 0.95 + 2) / 6, 12);
});

test("a lineage goes on from the comparison whatever its recall; 0, below a half, from a half, 1 and none are told apart", async () => {
  for (const [position, recall] of [0, 0, 0.01, 0.49, 0.499, 0.5, 0.99, 0.7, 0.8, 1, null, null].entries())
    await putLineage(stores.run, inventedLineage(position), { recall });
  const { recallBands, stages, lineages } = await summariseRun(stores.run);
  expect(recallBands).toEqual({ zero: 2, belowHalf: 3, fromHalf: 4, one: 1, undefined: 2 });
  expect(lineages.kept).toBe(12);
  expect(stages.at(-1)).toMatchObject({ stage: "soft-verification", done: 12, passed: 12 });
});

test("the dataset's samples are those of the folder, by kind", async () => {
  for (const [position, recall] of [0, 0.5, 0.75, 1].entries()) await putLineage(stores.run, inventedLineage(position), { recall });
  expect((await summariseRun(stores.run)).dataset).toBeNull();
  const selection = { kind: "both" as const, threshold: 0.75, flagged: "drop" as const };
  const dropped = new DropCounter();
  const written = await writeDataset({
    samples: wholeSamples(collectSamples(stores.run, selection, dropped)),
    dropped,
    formats: ["canonical"],
    container: "jsonl",
    reasoning: "keep",
    tokenizer: null,
    origin: { tool: "apprentice 0", runs: [], selection, recipe: null },
    folder: join(stores.run.dir, "dataset"),
    signal: new AbortController().signal,
  });
  expect(written).toMatchObject({ samples: 6, kinds: { t1: 4, t2: 2 } });
  expect((await summariseRun(stores.run)).dataset).toEqual({
    t1: 4,
    t2: 2,
    kind: "both",
    threshold: 0.75,
    flagged: "drop",
    flags: {},
    dropped: { "below-threshold": 2 },
  });
  await writeFile(join(stores.run.dir, "dataset", "manifest.json"), "{");
  expect((await summariseRun(stores.run)).dataset).toBeNull();
});

test("a run's origin is its records', its times are the journal's first and last", async () => {
  const { ledger, journal } = stores.run;
  const cut = { version: 1 as const, head: "h", totalCommits: 20, heldOut: 2, newestTraining: "c0ffee", rule: "newest 10 %" };
  const intake = {
    version: 1 as const,
    repository: "library",
    cut,
    snapshots: ["snapshot-1"],
    uncommitted: 0,
    origin: "git" as const,
    leftOut: 0,
    folder: "",
    messages: [],
  };
  await ledger.put("intake", "i", intake);
  expect(await summariseRun(stores.run)).toMatchObject({ begun: null, lastActive: null, tool: "apprentice 0", seed: null });
  const observation = { turn: 0, observation: "o", ended: null, exitCode: null };
  for (const [key, at] of Object.entries({ b: 5000, a: 9000, c: 7000 }))
    await journal.write({ kind: "observation", key, at, ...observation });
  const summary = await summariseRun(stores.run);
  expect(summary).toMatchObject({ begun: "1970-01-01T00:00:05.000Z", lastActive: "1970-01-01T00:00:09.000Z" });
  expect(summary.repositories).toEqual([{ name: "library", commits: ["c0ffee"], heldOut: 2, totalCommits: 20, rule: "newest 10 %" }]);
});

test("spending and failed calls are the journal's", async () => {
  const { journal } = stores.run;
  const call = { key: "k", turn: 0, at: 1 };
  await journal.write({ kind: "intent", ...call, try: 1, requestHash: "h" });
  const lost = failure({ boundary: "model", code: "cut", message: "Cut." });
  await journal.write({
    kind: "call-failure",
    ...call,
    try: 1,
    failure: lost,
    usage: { input: null, cached: null, output: null },
    costUsd: null,
  });
  await journal.write({ kind: "intent", ...call, try: 2, requestHash: "h" });
  const { spending, callFailures } = await summariseRun(stores.run);
  expect(callFailures).toEqual({ cut: 1 });
  expect(spending).toMatchObject({ calls: 2, replies: 0, unknownCostCalls: 1, possiblyPaid: 1, costUsd: 0 });
});

test("a run in which nothing was drawn yet has a summary", async () => {
  expect(await summariseRun(stores.run)).toMatchObject({ lineages: { total: 0, unfinished: 0 }, meanRecall: null, rollouts: 0 });
});
