import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";

const known = ["budgetUsd", "concurrency", "repositories", "sandbox", "seed", "teachers", "rollout"];

const written: readonly [string, string | null][] = [
  ["sandbx", "sandbox"],
  ["Sandbox", "sandbox"],
  ["teacher", "teachers"],
  ["budget", "budgetUsd"],
  ["repositores", "repositories"],
  ["concurency", "concurrency"],
  ["rollouts", "rollout"],
  ["completelyElse", null],
  ["image", null],
  ["", null],
];

test.each(written)("%s is meant as %s", (word, name) => {
  expect(nearestName(word, known)).toBe(name);
});

test("ties go to the first, and of nothing known nothing is near", () => {
  expect(nearestName("bat", ["cat", "hat"])).toBe("cat");
  expect(nearestName("bat", [])).toBeNull();
});
