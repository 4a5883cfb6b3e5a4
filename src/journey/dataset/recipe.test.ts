import { expect, test } from "vitest";
import { needsTokens, Recipe, recipeProblem } from "./recipe.ts";

test("the plainest recipe is what a run's own dataset takes", () => {
  expect(Recipe.parse({})).toMatchObject({
    kind: "both",
    threshold: 0.5,
    context: null,
    order: "key",
    flagged: "drop",
    filters: { submitted: true },
  });
});

const refused: readonly object[] = [
  { threshold: 1.5 },
  { threshold: Number.NaN },
  { context: 0 },
  { limit: -1 },
  { limit: 2.5 },
  { order: "size" },
  { bucket: { min: 0.9, max: 0.5 } },
  { weights: [] },
  { weights: [0, 0] },
  { weights: [-1, 2] },
  { weights: [1], share: { repositories: ["a"], alpha: 0.5 } },
  { share: { repositories: [], alpha: 0.5 } },
  { filters: { nearDuplicates: 0 } },
  { filters: { repeatedActions: 1 } },
  { filters: { editedLine: 40 } },
  { decontaminate: { words: 2 } },
  { thresholds: 0 },
];

test.each(refused)("%j is refused", (recipe) => {
  expect(Recipe.safeParse(recipe).success).toBe(false);
});

test("what one setting asks of another is one sentence", () => {
  expect(recipeProblem(Recipe.parse({ minRatio: 0.5 }), 1)).toContain("give context");
  expect(recipeProblem(Recipe.parse({ order: "ratio" }), 1)).toContain("give context");
  expect(recipeProblem(Recipe.parse({ weights: [1, 2] }), 3)).toContain("2 numbers for 3 runs");
  expect(recipeProblem(Recipe.parse({ order: "ratio", context: 10, weights: [1] }), 1)).toBeNull();
});

test("only cuts and the mean of tools' output need counts", () => {
  expect(needsTokens(Recipe.parse({}))).toBeNull();
  expect(needsTokens(Recipe.parse({ context: 1000 }))).toBe("context");
  expect(needsTokens(Recipe.parse({ filters: { toolTokens: 600 } }))).toBe("filters.toolTokens");
});
