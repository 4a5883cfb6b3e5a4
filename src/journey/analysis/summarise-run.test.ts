import { afterEach, beforeEach, expect, test } from "vitest";
import { failure } from "../../records/failure.ts";
import { failedOutcomeKey } from "../../records/lineage.ts";
import { inventedLineage, openTemporaryRun, putLineage, putOrigin, type Story, type TemporaryRun } from "../stored-lineage.conformance.ts";
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
