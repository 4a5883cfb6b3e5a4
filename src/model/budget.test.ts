import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { createBudget } from "./budget.ts";

const { signal } = new AbortController();

/** Has the promise an answer after everything that can run now has run? */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
}

test("a call waits while only calls in flight stand in its way, the longest waiter first", async () => {
  const budget = createBudget(1, 0.5);
  const first = unwrap(await budget.reserve(0.3, signal));
  const second = budget.reserve(0.3, signal);
  const third = budget.reserve(0.1, signal);
  expect([await isOpen(second), await isOpen(third)]).toEqual([true, true]);
  first.settle(0.1);
  unwrap(await second).settle(0.3);
  unwrap(await third).settle(0.1);
  expect(budget.spentUsd()).toBeCloseTo(1);
});

test("a call is refused when spent money and its estimate alone pass the limit", async () => {
  const budget = createBudget(1, 0.5);
  const first = unwrap(await budget.reserve(0.3, signal));
  const waiting = budget.reserve(0.4, signal);
  first.settle(0.3);
  const refused = await waiting;
  expect(refused).toMatchObject({ ok: false, error: { boundary: "model", code: "budget-spent", wholeRun: true, retryable: false } });
  expect(!refused.ok && refused.error.message).toContain("$1.00");
});

test("whoever stops waiting is passed over", async () => {
  const budget = createBudget(1, 0);
  const first = unwrap(await budget.reserve(0.8, signal));
  const impatient = new AbortController();
  const second = budget.reserve(0.5, impatient.signal);
  const third = budget.reserve(0.5, signal);
  impatient.abort();
  expect(await second).toMatchObject({ ok: false, error: { code: "cancelled" } });
  first.settle(0.5);
  unwrap(await third).settle(0.5);
  expect(await budget.reserve(0.1, impatient.signal)).toMatchObject({ ok: false, error: { code: "cancelled" } });
});

test("ten tenths fit into one", async () => {
  const budget = createBudget(1, 0);
  for (let call = 0; call < 10; call += 1) unwrap(await budget.reserve(0.1, signal)).settle(0.1);
  expect((await budget.reserve(0.001, signal)).ok).toBe(false);
});

test("a passed limit admits nothing, not even calls of unknown price", async () => {
  const budget = createBudget(1, 0);
  unwrap(await budget.reserve(null, signal)).settle(1.5);
  expect((await budget.reserve(null, signal)).ok).toBe(false);
  expect((await createBudget(1, 2).reserve(0, signal)).ok).toBe(false);
});

test("a cost that stays unknown counts as its estimate", async () => {
  const budget = createBudget(1, 0);
  unwrap(await budget.reserve(0.4, signal)).settle(null);
  expect(budget.spentUsd()).toBeCloseTo(0.4);
  unwrap(await budget.reserve(null, signal)).settle(null);
  expect(budget.spentUsd()).toBeCloseTo(0.4);
});

test("no limit admits all and still counts; settling twice is a bug", async () => {
  const budget = createBudget(null, 0);
  const reserved = unwrap(await budget.reserve(1e9, signal));
  reserved.settle(5);
  expect(budget.spentUsd()).toBe(5);
  expect(() => reserved.settle(5)).toThrow("once");
});
