import * as fc from "fast-check";
import { expect, test } from "vitest";
import { unwrap } from "../../../base/result.ts";
import { drawIndex } from "../../../base/draw.ts";
import { parsePatch } from "../../../patch/parse-patch.ts";
import { NearDuplicates, sketchOf, type PatchSketch } from "./near-duplicates.ts";

function sketch(lines: readonly string[]): PatchSketch {
  const text = `--- a/f\n+++ b/f\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join("")}`;
  const found = sketchOf(unwrap(parsePatch(text)));
  if (found === null) throw new Error("a patch with lines has a sketch");
  return found;
}

/** Similarity as it is defined, slowly: shared over all of the word triples. */
function jaccard(first: readonly string[], second: readonly string[]): number {
  const triples = (lines: readonly string[]): Set<string> => {
    const words = lines.flatMap((line) => ["+", ...line.split(" ")]);
    return new Set(words.length < 3 ? [words.join(" ")] : words.slice(2).map((_, at) => words.slice(at, at + 3).join(" ")));
  };
  const [a, b] = [triples(first), triples(second)];
  return a.intersection(b).size / a.union(b).size;
}

const word = fc.constantFrom("a", "b", "c", "if", "return", "x1", "y2");
const lines = fc.array(
  fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(" ")),
  { minLength: 1, maxLength: 12 },
);

test("short patches are compared exactly: nothing below the threshold is taken for a duplicate", () => {
  fc.assert(
    fc.property(lines, lines, fc.constantFrom(0.3, 0.5, 0.8, 1), (first, second, threshold) => {
      const watch = new NearDuplicates(threshold);
      watch.add(sketch(first));
      const similarity = jaccard(first, second);
      if (similarity < threshold - 1e-9) expect(watch.has(sketch(second))).toBe(false);
      if (similarity === 1) expect(watch.has(sketch(second))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a threshold of 1 still takes what is equal for a duplicate", () => {
  const watch = new NearDuplicates(1);
  watch.add(sketch(["if x1 return a", "b c"]));
  expect([watch.has(sketch(["if x1 return a", "b c"])), watch.has(sketch(["if x1 return a", "b b"]))]).toEqual([true, false]);
});

const body = (key: string, count: number): string[] =>
  Array.from({ length: count }, (_, line) => Array.from({ length: 6 }, (_unused, at) => `w${drawIndex(400, key, line, at)}`).join(" "));

test.each([0.5, 0.7, 0.9])("pairs a little above %d are found, pairs below are not", (threshold) => {
  let found = 0;
  for (let pair = 0; pair < 100; pair++) {
    const first = body(`pair ${pair}`, 30);
    // Each line that is replaced takes about a thirtieth of both away.
    const replaced = Math.floor(30 * (1 - (2 * (threshold + 0.04)) / (1 + threshold + 0.04)));
    const second = first.map((line, at) => (at < replaced ? `other ${pair} ${at} and more of it` : line));
    const watch = new NearDuplicates(threshold);
    watch.add(sketch(first));
    const expected = jaccard(first, second) >= threshold;
    if (expected) found += watch.has(sketch(second)) ? 1 : 0;
    else found += watch.has(sketch(second)) ? 0 : 1;
  }
  expect(found).toBeGreaterThanOrEqual(99);
});

test("white space and the place in the file make no difference, a sign does", () => {
  const watch = new NearDuplicates(0.9);
  const patch = (text: string): PatchSketch => {
    const found = sketchOf(unwrap(parsePatch(text)));
    if (found === null) throw new Error("a patch with lines has a sketch");
    return found;
  };
  watch.add(patch("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one two three\n+one two four\n"));
  expect(watch.has(patch("--- a/g\n+++ b/g\n@@ -9,2 +9,2 @@\n context\n-\tone  two three\n+    one two\tfour\n"))).toBe(true);
  expect(watch.has(patch("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one two four\n+one two three\n"))).toBe(false);
});

test("a patch without changed lines has no sketch", () => {
  expect(sketchOf(unwrap(parsePatch("diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n")))).toBeNull();
});

test("of ten thousand different patches a few are compared with each", () => {
  const watch = new NearDuplicates(0.9);
  let duplicates = 0;
  for (let index = 0; index < 10_000; index++) {
    const one = sketch(body(`patch ${index % 9000}`, 5));
    if (watch.has(one)) duplicates++;
    else watch.add(one);
  }
  expect(duplicates).toBe(1000);
});
