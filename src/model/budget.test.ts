import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { createBudget } from "./budget.ts";

test("a call is refused when spent, reserved and its estimate pass the limit together", () => {
  const budget = createBudget(1, 0.5);
  const first = unwrap(budget.reserve(0.3));
  const refused = budget.reserve(0.3);
  expect(refused).toMatchObject({
    ok: false,
    error: { boundary: "model", code: "budget-spent", wholeRun: true, retryable: false },
  });
  expect(!refused.ok && refused.error.message).toContain("$1.00");
  first.settle(0.1);
  expect(budget.spentUsd()).toBeCloseTo(0.6);
  unwrap(budget.reserve(0.3)).settle(0.3);
  expect(budget.spentUsd()).toBeCloseTo(0.9);
});

test("ten tenths fit into one", () => {
  const budget = createBudget(1, 0);
  for (let call = 0; call < 10; call += 1) unwrap(budget.reserve(0.1)).settle(0.1);
  expect(budget.reserve(0.001).ok).toBe(false);
});

test("a passed limit admits nothing, not even calls of unknown price", () => {
  const budget = createBudget(1, 0);
  unwrap(budget.reserve(null)).settle(1.5);
  expect(budget.reserve(null).ok).toBe(false);
  expect(createBudget(1, 2).reserve(0).ok).toBe(false);
});

test("a cost that stays unknown counts as its estimate", () => {
  const budget = createBudget(1, 0);
  unwrap(budget.reserve(0.4)).settle(null);
  expect(budget.spentUsd()).toBeCloseTo(0.4);
  unwrap(budget.reserve(null)).settle(null);
  expect(budget.spentUsd()).toBeCloseTo(0.4);
});

test("no limit admits all and still counts; settling twice is a bug", () => {
  const budget = createBudget(null, 0);
  const reserved = unwrap(budget.reserve(1e9));
  reserved.settle(5);
  expect(budget.spentUsd()).toBe(5);
  expect(() => reserved.settle(5)).toThrow("once");
});
