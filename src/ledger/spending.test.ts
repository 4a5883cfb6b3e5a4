import fc from "fast-check";
import { expect, test } from "vitest";
import { failure } from "../records/failure.ts";
import type { JournalEntry } from "../records/journal-entry.ts";
import { addSpending, noSpending } from "../records/usage.ts";
import { addEntry, spendingOf, standingOf } from "./spending.ts";

const problem = failure({ boundary: "model", code: "cut", message: "Cut." });
const message = { role: "assistant" as const, content: "", reasoning: null, toolCalls: [] };

interface Call {
  readonly outcome: "reply" | "failure" | "none";
  /** In 1/1024 dollars, so that sums are exact in any order. */
  readonly cost: number | null;
  readonly input: number | null;
}

/** The entries of one call. */
function entriesOf({ outcome, cost, input }: Call, turn: number): JournalEntry[] {
  const call = { key: "k", turn, try: 1, at: 1 };
  const costUsd = cost === null ? null : cost / 1024;
  const usage = { input, cached: 0, output: 2 };
  const intent: JournalEntry = { kind: "intent", ...call, requestHash: "h" };
  if (outcome === "none") return [intent];
  if (outcome === "reply") return [intent, { kind: "reply", ...call, reply: { message, finish: "stop", usage }, costUsd }];
  return [intent, { kind: "call-failure", ...call, failure: problem, usage, costUsd }];
}

const calls = fc.array(
  fc.record<Call>({
    outcome: fc.constantFrom("reply", "failure", "none"),
    cost: fc.option(fc.nat(4096), { nil: null, freq: 6 }),
    input: fc.option(fc.nat(9999), { nil: null, freq: 9 }),
  }),
  { maxLength: 12 },
);

test("the order of entries does not matter, and sums of parts are the sum of the whole", async () => {
  await fc.assert(
    fc.asyncProperty(calls, fc.infiniteStream(fc.nat(1000)), fc.nat(12), async (list, shuffle, cut) => {
      const entries = list.flatMap(entriesOf);
      const whole = await spendingOf(entries);
      const shuffled = entries.map((entry) => ({ entry, at: shuffle.next().value ?? 0 })).toSorted((a, b) => a.at - b.at);
      expect(await spendingOf(shuffled.map(({ entry }) => entry))).toEqual(whole);
      const parts = [list.slice(0, cut).flatMap(entriesOf), list.slice(cut).flatMap((call, index) => entriesOf(call, index + cut))];
      const [first = noSpending, second = noSpending] = await Promise.all(parts.map(spendingOf));
      expect(addSpending(first, second)).toEqual(whole);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("every call is counted once: with its reply, with its failure, or as possibly paid", async () => {
  const list: Call[] = [
    { outcome: "reply", cost: 1024, input: 100 },
    { outcome: "failure", cost: 512, input: null },
    { outcome: "failure", cost: null, input: null },
    { outcome: "none", cost: null, input: null },
  ];
  expect(await spendingOf(list.flatMap(entriesOf))).toEqual({
    calls: 4,
    replies: 1,
    usage: { input: 100, cached: 0, output: 2 },
    costUsd: 1.5,
    unknownCostCalls: 1,
    possiblyPaid: 1,
  });
});

test("a reply whose price is not known makes the cost unknown, which is not zero", async () => {
  const known = entriesOf({ outcome: "reply", cost: 1024, input: 1 }, 0);
  const unknown = entriesOf({ outcome: "reply", cost: null, input: null }, 1);
  expect(await spendingOf([...known, ...unknown])).toMatchObject({ costUsd: null, replies: 2, usage: { input: null, output: 4 } });
});

test("superseded replies were paid, and an observation costs nothing", () => {
  const paid = entriesOf({ outcome: "reply", cost: 1024, input: 1 }, 0).reduce(addEntry, noSpending);
  const after = addEntry(addEntry(paid, { kind: "superseded", key: "k", turn: 0, at: 1 }), {
    kind: "observation",
    key: "k",
    turn: 0,
    observation: "x",
    ended: null,
    exitCode: null,
    at: 1,
  });
  expect(after).toEqual(paid);
});

test("a resumed budget holds the estimates of calls whose cost never became known", async () => {
  const priced = (call: Call, turn: number): JournalEntry[] =>
    entriesOf(call, turn).map((entry) => (entry.kind === "intent" ? { ...entry, estimateUsd: 2 ** turn } : entry));
  const list: Call[] = [
    { outcome: "reply", cost: 1024, input: 100 },
    { outcome: "failure", cost: 512, input: null },
    { outcome: "failure", cost: null, input: null },
    { outcome: "none", cost: null, input: null },
  ];
  const { spending, heldUsd } = await standingOf(list.flatMap(priced));
  expect(spending).toEqual(await spendingOf(list.flatMap(priced)));
  expect(heldUsd).toBe(4 + 8);
});
