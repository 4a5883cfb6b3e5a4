import { expect, test } from "vitest";
import { failure } from "../../records/failure.ts";
import type { JournalEntry } from "../../records/journal-entry.ts";
import { noSpending, noUsage } from "../../records/usage.ts";
import { liveDetails, watchRun } from "./run-watch.ts";

const endpoint = { host: "gpu-1:8000", inFlight: 3, waiting: 0, limit: 8, aside: false };
const nothing = { spending: noSpending, done: 0, budgetUsd: null, endpoints: [], workers: null };

function refusedCall(code: string): JournalEntry {
  const failed = failure({ boundary: "model", code, message: "no" });
  return { kind: "call-failure", key: "k", turn: 0, try: 1, failure: failed, usage: noUsage, costUsd: 0, at: 1 };
}

test("what there is nothing to say of has no line", () => {
  expect(liveDetails({ ...nothing, watch: watchRun() })).toEqual([]);
});

test("lineages are counted in the stage they are in", () => {
  const watch = watchRun();
  for (const [name, change] of [
    ["first-rollout", 1],
    ["first-rollout", 1],
    ["self-check", 1],
    ["self-check", -1],
  ] as const)
    watch.stage(name, change);
  expect(liveDetails({ ...nothing, watch })).toEqual(["stages     first-rollout 2"]);
});

test("failures stand by where they were met; that of a call is not counted again with its lineage", () => {
  const watch = watchRun();
  for (const code of ["stalled", "rate-limited", "rate-limited"]) watch.wrote(refusedCall(code));
  const lineage = { version: 1, lineage: "l", state: "failed", stage: "first-rollout", tries: 1 } as const;
  watch.lineageEnded({ ...lineage, failure: failure({ boundary: "sandbox", code: "sandbox-died", message: "gone" }) });
  watch.lineageEnded({ ...lineage, failure: failure({ boundary: "model", code: "stalled", message: "gone" }) });
  expect(liveDetails({ ...nothing, watch })).toEqual(["failures   model: rate-limited 2, stalled 1 · sandbox: sandbox-died 1"]);
});

test("money, endpoints and workers", () => {
  const spending = { ...noSpending, costUsd: 1.5, usage: { input: 4_100_000, cached: 2_050_000, output: 12_300 } };
  const aside = { ...endpoint, host: "gpu-2:8000", aside: true };
  const endpoints = [endpoint, { ...endpoint, host: "gpu-3:8000", waiting: 2 }, aside];
  const lines = liveDetails({ watch: watchRun(), spending, done: 30, budgetUsd: 20, endpoints, workers: ["a:1", "b:2"] });
  expect(lines).toEqual([
    "money      $1.50 of $20.00 · $0.050 a lineage · 4.1 M tokens in, 50 % cached · 12.3 k out",
    "endpoints  gpu-1:8000 3 of 8 in flight · gpu-3:8000 3 of 8 in flight, 2 waiting · gpu-2:8000 set aside",
    "workers    2: a:1, b:2",
  ]);
  const unknown = { ...noSpending, costUsd: null, usage: { input: null, cached: null, output: null } };
  expect(liveDetails({ ...nothing, watch: watchRun(), spending: unknown, budgetUsd: 1 })).toEqual([]);
});
