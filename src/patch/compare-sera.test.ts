import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compareSera } from "./compare-sera.ts";

interface GoldenPair {
  readonly name: string;
  readonly first: string;
  readonly second: string;
  readonly authors: {
    readonly recall: number | null;
    readonly passAtHalf: boolean | null;
    readonly passAtOne: boolean | null;
    readonly recallReversed: number | null;
  };
}

const golden = readFileSync(new URL("../../test/golden/compare/pairs.jsonl", import.meta.url), "utf8");
const pairs: GoldenPair[] = golden
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line));

test("the golden pairs are all there", () => expect(pairs).toHaveLength(38));

test.each(pairs)("equals the authors' comparison: $name", ({ first, second, authors }) => {
  const { recall, precision } = compareSera(first, second);
  expect({ recall, recallReversed: precision }).toEqual({ recall: authors.recall, recallReversed: authors.recallReversed });
  expect(recall === null ? null : recall >= 0.5).toBe(authors.passAtHalf);
  expect(recall === null ? null : recall >= 1).toBe(authors.passAtOne);
  expect(compareSera(second, first).recall).toBe(authors.recallReversed);
  expect(compareSera(Buffer.from(first), Buffer.from(second)).recall).toBe(authors.recall);
});

test("says why a ratio is undefined", () => {
  expect(compareSera("", "+a").reason).toBe("first-has-no-lines");
  expect(compareSera("+a", "").reason).toBe("second-has-no-lines");
  expect(compareSera("", "").reason).toBe("neither-has-lines");
  expect(compareSera("+a", "+b")).toMatchObject({ reason: null, recall: 0, f1: 0 });
});

test.each("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029".split(""))("ends a line at %j as Python's splitlines does", (end) => {
  expect(compareSera(`+a${end}+b`, "+b").firstLines).toBe(2);
});

test.each("\x1f\ufeff\u200b\u180e\x00\t".split(""))("does not end a line at %j", (text) => {
  expect(compareSera(`+a${text}+b`, "+b").firstLines).toBe(1);
});

test.each("\x1f\xa0\u1680\u2003\u202f\u205f\u3000".split(""))("takes %j for blank as Python's strip does", (blank) => {
  expect(compareSera(`+${blank}`, "").firstLines).toBe(0);
});

test.each("\ufeff\u200b\u180e\x00\x7f".split(""))("does not take %j for blank", (text) => {
  expect(compareSera(`+${text}`, "").firstLines).toBe(1);
});
