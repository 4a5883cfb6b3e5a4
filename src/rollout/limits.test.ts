import { expect, test } from "vitest";
import { estimateTokens, promptAfter, reachedLimit, type RolloutLimits, type Standing } from "./limits.ts";

const limits: RolloutLimits = {
  maxSteps: 10,
  maxTokens: 1000,
  contextTokens: 500,
  maxCostUsd: 1,
  formatErrors: 3,
  repeatedActions: 4,
  commandTimeouts: 2,
  commandMs: 1000,
  commandTotalMs: 5000,
  rolloutMs: 60_000,
};

const fresh: Standing = {
  turns: 0,
  usedTokens: 0,
  nextPromptTokens: 0,
  costUsd: 0,
  formatErrorsInARow: 0,
  repeatsInARow: 0,
  timeoutsInARow: 0,
  commandMs: 0,
  elapsedMs: 0,
};

/** In the order in which one is named when several are reached at once. */
const reached: readonly [string, Partial<Standing>][] = [
  ["exit-format", { formatErrorsInARow: 3 }],
  ["exit-repeated-actions", { repeatsInARow: 4 }],
  ["exit-command-timeouts", { timeoutsInARow: 2 }],
  ["exit-command-time", { commandMs: 5000 }],
  ["exit-steps", { turns: 10 }],
  ["exit-tokens", { usedTokens: 1000 }],
  ["exit-cost", { costUsd: 1 }],
  ["exit-context", { nextPromptTokens: 500 }],
  ["exit-wall-clock", { elapsedMs: 60_000 }],
];

test("a fresh rollout has reached nothing", () => {
  expect(reachedLimit(fresh, limits)).toBeNull();
});

test.each(reached)("%s is reached at its limit and not one before", (exit, standing) => {
  expect(reachedLimit({ ...fresh, ...standing }, limits)).toBe(exit);
  const oneBefore = Object.fromEntries(Object.entries(standing).map(([name, value]) => [name, value - 1]));
  expect(reachedLimit({ ...fresh, ...oneBefore }, limits)).toBeNull();
});

test("of several limits reached at once the first in the order is named", () => {
  for (const [index, [exit]] of reached.entries()) {
    const all = Object.assign({}, fresh, ...reached.slice(index).map(([, standing]) => standing)) as Standing;
    expect(reachedLimit(all, limits)).toBe(exit);
  }
});

test("what is not limited is never reached", () => {
  const standing = { ...fresh, usedTokens: 1e12, costUsd: 1e6 };
  expect(reachedLimit(standing, { ...limits, maxTokens: null, maxCostUsd: null })).toBeNull();
});

test("the next prompt holds what the last call read and wrote, where the server counts both", () => {
  expect(promptAfter({ input: 100, cached: 90, output: 20 })).toBe(120);
  expect(promptAfter({ input: 0, cached: null, output: 0 })).toBe(0);
  expect(promptAfter({ input: null, cached: null, output: 20 })).toBeNull();
  expect(promptAfter({ input: 100, cached: null, output: null })).toBeNull();
});

test("an estimate counts bytes, so that other scripts than Latin are not thought cheap", () => {
  expect(estimateTokens("")).toBe(0);
  expect(estimateTokens("abcd")).toBe(2);
  expect(estimateTokens("漢字漢字")).toBe(4);
});
