import { expect, test } from "vitest";
import type { Candidate, Chosen } from "./candidate.ts";
import { totalsOf } from "./selection-totals.ts";
import { summariseSamples } from "./summarise-samples.ts";

function chosen(number: number, more: Partial<Candidate> = {}): Chosen {
  const candidate: Candidate = {
    ref: { source: 0, key: `k${number}`, rollout: `r${number}` },
    id: `s${number}`,
    kind: "t1",
    repository: "library",
    path: "a.py",
    qualifiedName: "f",
    language: "python",
    claim: null,
    recall: 0.5,
    precision: null,
    sizeRatio: null,
    steps: number,
    edited: number * 2,
    tokens: number * 100,
    cuts: new Map(),
    sketch: null,
    ...more,
  };
  return { candidate, cut: null };
}

test("spreads are by nearest rank, and what is not known is not zero", () => {
  const all = [...Array.from({ length: 10 }, (_, index) => chosen(index + 1)), chosen(11, { tokens: null, edited: null })];
  const { steps, tokens, editedLines } = summariseSamples(all);
  expect(steps).toEqual({ known: 11, min: 1, p10: 2, p50: 6, p90: 10, max: 11, mean: 6 });
  expect(tokens).toEqual({ known: 10, min: 100, p10: 100, p50: 500, p90: 900, max: 1000, mean: 550 });
  expect(editedLines?.known).toBe(10);
  expect(totalsOf(all)).toEqual({ samples: 11, tokens: null, kinds: { t1: 11, t2: 0, other: 0 } });
  expect(summariseSamples([])).toMatchObject({ steps: null, tokens: null, byKind: {} });
});

test("recalls are counted by quarters, the ends apart", () => {
  const recalls = [0, 0.01, 0.25, 0.49, 0.5, 0.75, 0.999, 1, null];
  expect(summariseSamples(recalls.map((recall, index) => chosen(index, { recall }))).recall).toEqual({
    zero: 1,
    "below 0.25": 1,
    "below 0.5": 2,
    "below 0.75": 1,
    "below 1": 2,
    one: 1,
    unknown: 1,
  });
});

test("names come most first, and what has none is unknown", () => {
  const all = [chosen(1, { language: null, kind: null }), chosen(2, { language: "go" }), chosen(3, { language: "go" })];
  const { byLanguage, byKind } = summariseSamples(all);
  expect(Object.entries(byLanguage)).toEqual([
    ["go", 2],
    ["unknown", 1],
  ]);
  expect(byKind).toEqual({ t1: 2, unknown: 1 });
});
