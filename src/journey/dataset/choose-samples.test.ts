import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Candidate } from "./candidate.ts";
import { chooseSamples } from "./choose-samples.ts";
import { DropCounter } from "./collect-samples.ts";
import { mixProblem } from "./mix.ts";
import { Recipe } from "./recipe.ts";

function candidate(number: number, more: Partial<Candidate> = {}): Candidate {
  const key = String(number).padStart(6, "0");
  return {
    ref: { source: 0, key, rollout: `r${number}` },
    id: `s${number}`,
    kind: "t2",
    repository: "library",
    path: "src/a.py",
    qualifiedName: `f${number}`,
    language: "python",
    claim: `p${number}`,
    recall: 1,
    precision: 1,
    sizeRatio: 1,
    steps: 4,
    edited: 2,
    tokens: 100,
    cuts: new Map([[64, { kept: 3, tokens: 60, ratios: { steps: 0.5, messages: 0.6 } }]]),
    sketch: null,
    ...more,
  };
}

const cutTo = (ratio: number): Partial<Candidate> => ({
  cuts: new Map([[64, { kept: 3, tokens: 60, ratios: { steps: ratio, messages: ratio } }]]),
});

function choose(candidates: readonly Candidate[], recipe: object): { ids: string[]; counts: object; notes: object } {
  const dropped = new DropCounter();
  const chosen = chooseSamples(candidates, Recipe.parse(recipe), dropped);
  return { ids: chosen.map((one) => one.candidate.id), counts: dropped.counts, notes: dropped.notes };
}

test("thresholds and the guard are of second rollouts alone", () => {
  const poor = { recall: 0.4, precision: 0.2, sizeRatio: 5 };
  const undefinedScores = { recall: null, precision: null, sizeRatio: null };
  const all = [
    candidate(1, poor),
    candidate(2, { ...poor, kind: "t1" }),
    candidate(3, { ...poor, kind: null }),
    candidate(4, undefinedScores),
  ];
  expect(choose(all, {})).toMatchObject({ ids: ["s2", "s3"], counts: { "below-threshold": 1, "recall-undefined": 1 } });
  expect(choose(all, { threshold: 0 }).ids).toEqual(["s1", "s2", "s3", "s4"]);
  expect(choose(all, { threshold: 0, guard: { minPrecision: 0.3 } })).toMatchObject({
    ids: ["s2", "s3"],
    counts: { "below-precision": 2 },
  });
  expect(choose(all, { threshold: 0, guard: { maxSizeRatio: 5 } })).toMatchObject({
    ids: ["s1", "s2", "s3"],
    counts: { "over-size-ratio": 1 },
  });
});

test("a context leaves out what no turn of fits, and by ratio what was asked", () => {
  const all = [
    candidate(1, { cuts: new Map([[64, null]]) }),
    candidate(2, cutTo(0.5)),
    candidate(3, cutTo(0.88)),
    candidate(4, cutTo(1)),
    candidate(5, { tokens: null, cuts: new Map() }),
  ];
  expect(choose(all, { context: 64, minRatio: 0.88 })).toMatchObject({
    ids: ["s3", "s4"],
    counts: { "longer-than-context": 1, "below-ratio": 1, "not-counted": 1 },
  });
  expect(choose(all, { context: 64, bucket: { min: 0.8, max: 0.95 } })).toMatchObject({ ids: ["s3"], counts: { "outside-bucket": 2 } });
  expect(choose(all, {}).ids).toHaveLength(5);
});

test("a patch is claimed only by what is taken, within its kind", () => {
  const all = [
    candidate(1, { claim: "p", recall: 0 }),
    candidate(2, { claim: "p" }),
    candidate(3, { claim: "p" }),
    candidate(4, { claim: "p", kind: "t1" }),
    candidate(5, { claim: null }),
    candidate(6, { claim: null }),
    candidate(6, { claim: "other" }),
  ];
  expect(choose(all, {})).toMatchObject({
    ids: ["s2", "s4", "s5", "s6"],
    counts: { "below-threshold": 1, "duplicate-patch": 1, "duplicate-sample": 1 },
  });
  expect(choose(all, { filters: { duplicates: false } }).ids).toEqual(["s2", "s3", "s4", "s5", "s6"]);
});

test("by ratio comes the least cut first, equal ones by the seed", () => {
  const all = Array.from({ length: 40 }, (_, index) => candidate(index, cutTo(index % 2 === 0 ? 1 : 0.9)));
  const first = choose(all, { context: 64, order: "ratio", seed: 1 }).ids;
  const again = choose(all, { context: 64, order: "ratio", seed: 1 }).ids;
  const other = choose(all, { context: 64, order: "ratio", seed: 2 }).ids;
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  const isWhole = (id: string): boolean => Number(id.slice(1)) % 2 === 0;
  for (const ids of [first, other]) expect([ids.slice(0, 20).every(isWhole), ids.slice(20).some(isWhole)]).toEqual([true, false]);
  expect(first.slice(0, 20)).not.toEqual(first.slice(0, 20).toSorted());
});

test("groups have their most, or take turns", () => {
  const places = ["a/x.py", "a/x.py", "a/y.py", "b/z.py", "a/x.py"];
  const all = places.map((path, index) => candidate(index, { path, qualifiedName: index === 1 ? "same" : "other" }));
  expect(choose(all, { balance: { by: "folder", most: 2 } })).toMatchObject({ ids: ["s0", "s1", "s3"], counts: { "over-balance": 2 } });
  expect(choose(all, { balance: { by: "function", most: 1 } }).ids).toEqual(["s0", "s1", "s2", "s3"]);
  expect(choose(all, { balance: { by: "folder" } }).ids).toEqual(["s0", "s3", "s1", "s2", "s4"]);
  expect(choose(all, { balance: { by: "repository" }, limit: 2 }).ids).toEqual(["s0", "s1"]);
});

test("counts bound each kind, and what is missing is noted", () => {
  const all = Array.from({ length: 10 }, (_, index) => candidate(index, { kind: index < 3 ? "t1" : "t2" }));
  expect(choose(all, { t1: 5, t2: 4 })).toEqual({
    ids: ["s0", "s1", "s2", "s3", "s4", "s5", "s6"],
    counts: { "over-count": 3 },
    notes: { "short-of-t1": 2 },
  });
  expect(choose(all, { limit: 2 })).toMatchObject({ ids: ["s0", "s1"], counts: { "over-limit": 8 } });
  expect(choose(all, { t1: 0 }).ids).toHaveLength(7);
});

test("the share of the named repositories is met by as many samples as it allows", () => {
  const all = Array.from({ length: 100 }, (_, index) => candidate(index, { repository: index < 10 ? "mine" : "general" }));
  const mine = (ids: readonly string[]): number => ids.filter((id) => Number(id.slice(1)) < 10).length;
  const share = (alpha: number, more: object = {}): [number, number] => {
    const { ids } = choose(all, { share: { repositories: ["mine"], alpha }, ...more });
    return [mine(ids), ids.length];
  };
  expect(share(0.25)).toEqual([10, 40]);
  expect(share(0.25, { limit: 10 })).toEqual([3, 10]);
  expect(share(0)).toEqual([0, 90]);
  expect(share(1)).toEqual([10, 10]);
  expect(share(0.1)).toEqual([10, 100]);
});

test("runs are mixed by their weights", () => {
  const all = Array.from({ length: 100 }, (_, index) =>
    candidate(index, { ref: { source: index % 2, key: String(index).padStart(6, "0"), rollout: "r" } }),
  );
  const { ids } = choose(all, { weights: [3, 1] });
  expect(ids.filter((id) => Number(id.slice(1)) % 2 === 0)).toHaveLength(50);
  expect(ids).toHaveLength(66);
  expect(choose(all, { weights: [1, 0] }).ids).toHaveLength(50);
});

test("a part that has no sample at all is told, not met by taking nothing", () => {
  const all = [0, 1].map((index) => candidate(index, { repository: "mine" }));
  const problem = (recipe: object): string | null => mixProblem(all, Recipe.parse(recipe));
  expect(problem({ share: { repositories: ["mine", "mien"], alpha: 0.5 } })).toBe(
    "share: no sample is of mien: there are samples of mine.",
  );
  expect(problem({ share: { repositories: ["mine"], alpha: 0.5 } })).toBe(
    "share: every sample is of these repositories: name a run with others as well, or leave share out.",
  );
  expect(problem({ share: { repositories: ["mine"], alpha: 1 } })).toBeNull();
  expect(problem({ weights: [1, 3] })).toBe("weights: the filters leave no sample of run 2, so that its weight cannot be met.");
  expect(problem({ weights: [1, 0] })).toBeNull();
  expect(mixProblem([], Recipe.parse({ weights: [1, 3] }))).toBeNull();
});

const kinds = fc.constantFrom("t1" as const, "t2" as const, null);
const anyCandidate = fc.record({
  kind: kinds,
  repository: fc.constantFrom("a", "b", null),
  path: fc.constantFrom("x/a.py", "y/b.py", null),
  claim: fc.constantFrom("p1", "p2", "p3", null),
  recall: fc.constantFrom(0, 0.3, 0.5, 1, null),
  ratio: fc.constantFrom(0.2, 0.9, 1),
  source: fc.constantFrom(0, 1),
});
const anyRecipe = fc.record({
  threshold: fc.constantFrom(0, 0.5, 1),
  context: fc.constantFrom(null, 64),
  order: fc.constantFrom("key", "random"),
  t1: fc.constantFrom(null, 0, 3),
  t2: fc.constantFrom(null, 4),
  limit: fc.constantFrom(null, 0, 6),
  seed: fc.nat(5),
  balance: fc.constantFrom(null, { by: "folder", most: 2 }, { by: "repository", most: null }),
  mix: fc.constantFrom({}, { weights: [2, 1] }, { share: { repositories: ["a"], alpha: 0.3 } }),
});

test("whatever the recipe, every candidate is taken once or counted once, and the same ones again", () => {
  fc.assert(
    fc.property(fc.array(anyCandidate, { maxLength: 40 }), anyRecipe, (made, { mix, ...recipe }) => {
      const all = made.map(({ ratio, source, ...more }, index) =>
        candidate(index, { ...more, ...cutTo(ratio), ref: { source, key: String(index).padStart(6, "0"), rollout: `r${index}` } }),
      );
      const { ids, counts } = choose(all, { ...recipe, ...mix });
      const left = Object.values(counts).reduce((sum: number, count) => sum + Number(count), 0);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length + left).toBe(all.length);
      expect(choose(all, { ...recipe, ...mix })).toMatchObject({ ids, counts });
      if (recipe.limit !== null) expect(ids.length).toBeLessThanOrEqual(recipe.limit);
    }),
    { numRuns: 400 },
  );
});
