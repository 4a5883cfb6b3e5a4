import { describe, expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { comparePatches } from "./compare-patches.ts";

const edit = (path: string, ...lines: string[]): string => {
  const removed = lines.filter((line) => line.startsWith("-")).length;
  const added = lines.filter((line) => line.startsWith("+")).length;
  return `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,${removed} +1,${added} @@\n${lines.map((line) => `${line}\n`).join("")}`;
};
const compare = (first: Uint8Array | string, second: Uint8Array | string, ignoreWhitespace = false) =>
  unwrap(comparePatches(first, second, { ignoreWhitespace }));
const scores = (first: string, second: string, ignoreWhitespace = false) => {
  const { recall, precision, f1, matched, firstLines, secondLines } = compare(first, second, ignoreWhitespace);
  return [recall, precision, f1, matched, firstLines, secondLines];
};

describe("scores", () => {
  test("recall is of the first patch, precision of the second", () => {
    expect(scores(edit("x", "-a", "-b", "+c", "+d"), edit("x", "-a", "+d"))).toEqual([0.5, 1, 2 / 3, 2, 4, 2]);
    expect(scores(edit("x", "-a", "+d"), edit("x", "-a", "-b", "+c", "+d"))).toEqual([1, 0.5, 2 / 3, 2, 2, 4]);
  });

  test("a line matches only in its file, with its sign, once", () => {
    expect(scores(edit("x", "+a"), edit("y", "+a"))).toEqual([0, 0, 0, 0, 1, 1]);
    expect(scores(edit("x", "+a"), edit("x", "-a"))).toEqual([0, 0, 0, 0, 1, 1]);
    expect(scores(edit("x", "+a", "+a", "+a"), edit("x", "+a", "+a"))).toEqual([2 / 3, 1, 0.8, 2, 3, 2]);
  });

  test("lines that look like headers are lines", () => {
    expect(scores(edit("x", "--- sql comment", "++++i;"), edit("x", "--- sql comment", "++++i;"))).toEqual([1, 1, 1, 2, 2, 2]);
  });

  test("blank lines are not counted; no line at all leaves the ratio undefined, with the reason", () => {
    expect(scores(edit("x", "+a", "+ \t", "-", "+\r"), edit("x", "+a"))).toEqual([1, 1, 1, 1, 1, 1]);
    expect(compare("", edit("x", "+a"))).toMatchObject({ recall: null, precision: 0, f1: null, reason: "first-has-no-lines" });
    expect(compare(edit("x", "+a"), "")).toMatchObject({ recall: 0, precision: null, f1: null, reason: "second-has-no-lines" });
    expect(compare("", "")).toMatchObject({ recall: null, precision: null, reason: "neither-has-lines", files: [] });
  });

  test("bytes that are no UTF-8 are not merged", () => {
    const withByte = (byte: number) => Buffer.from(edit("x", "+f\x01r")).map((value) => (value === 1 ? byte : value));
    expect(compare(withByte(0xfc), withByte(0xe4)).matched).toBe(0);
    expect(compare(withByte(0xfc), withByte(0xfc)).matched).toBe(1);
  });

  test("white space counts unless it is ignored", () => {
    const [first, second] = [edit("x", "+  if (a) {\r", "+b"), edit("x", "+\tif(a){", "+b ")];
    expect(scores(first, second)[3]).toBe(0);
    expect(scores(first, second, true)[3]).toBe(2);
  });
});

describe("files", () => {
  const lines = "@@ -1 +1 @@\n-old\n+new\n";
  const renamed = (from: string, to: string, hunks: string) =>
    `diff --git a/${from} b/${to}\nsimilarity index 90%\nrename from ${from}\nrename to ${to}\n--- a/${from}\n+++ b/${to}\n${hunks}`;

  test("a rename in one patch meets an edit in place, and another rename, in the other", () => {
    expect(compare(renamed("a.go", "b.go", lines), edit("a.go", "-old", "+new"))).toMatchObject({ recall: 1, precision: 1 });
    expect(compare(renamed("a.go", "b.go", lines), renamed("a.go", "c.go", lines))).toMatchObject({ recall: 1, precision: 1 });
    expect(compare(edit("a.go", "-old", "+new"), renamed("a.go", "b.go", lines)).files).toMatchObject([
      { firstPath: "a.go", secondPath: "b.go", recall: 1 },
    ]);
  });

  test("a rename that the other patch wrote as delete and add", () => {
    const both =
      "diff --git a/a.go b/a.go\ndeleted file mode 100644\n--- a/a.go\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-old\n-same\n" +
      "diff --git a/b.go b/b.go\nnew file mode 100644\n--- /dev/null\n+++ b/b.go\n@@ -0,0 +1,2 @@\n+new\n+same\n";
    expect(compare(renamed("a.go", "b.go", lines), both)).toMatchObject({ recall: 1, precision: 0.5, files: [{ secondPath: "b.go" }] });
  });

  test("two files that changed their names are not mixed up", () => {
    const swap = renamed("a.go", "b.go", "@@ -1 +1 @@\n-old\n+A\n") + renamed("b.go", "a.go", "@@ -1 +1 @@\n-old\n+B\n");
    expect(compare(swap, edit("a.go", "-old", "+B"))).toMatchObject({ matched: 1 });
    expect(compare(swap, edit("a.go", "-old", "+A"))).toMatchObject({ matched: 2 });
  });

  test("each file has its scores, files without lines too", () => {
    const mode = "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n";
    const { files } = compare(edit("x", "+a", "+b") + mode, edit("x", "+a") + edit("z", "+q"));
    expect(files).toEqual([
      { firstPath: "x", secondPath: "x", recall: 0.5, precision: 1, f1: 2 / 3, sizeRatio: 0.5, matched: 1, firstLines: 2, secondLines: 1 },
      {
        firstPath: "run.sh",
        secondPath: null,
        recall: null,
        precision: null,
        f1: null,
        sizeRatio: null,
        matched: 0,
        firstLines: 0,
        secondLines: 0,
      },
      {
        firstPath: null,
        secondPath: "z",
        recall: null,
        precision: 0,
        f1: null,
        sizeRatio: null,
        matched: 0,
        firstLines: 0,
        secondLines: 1,
      },
    ]);
  });
});

test("matched lines have their places in both", () => {
  const first = "--- a/x\n+++ b/x\n@@ -10,2 +10,2 @@\n keep\n-é\n+new\n";
  const second = "--- a/x\n+++ b/x\n@@ -10,2 +10,4 @@\n keep\n-é\n+extra\n+more\n+new\n";
  expect(compare(first, second).matchedLines).toEqual([
    { file: "x", sign: "-", text: "é", lineInFirst: 11, lineInSecond: 11 },
    { file: "x", sign: "+", text: "new", lineInFirst: 11, lineInSecond: 13 },
  ]);
});

test("says which patch is no diff", () => {
  expect(comparePatches("", "nonsense")).toMatchObject({ ok: false, error: { patch: "second", line: 1 } });
  expect(comparePatches("nonsense", "")).toMatchObject({ ok: false, error: { patch: "first", line: 1 } });
});

/** A small generator of its own, so that a failing pair is found again by its number. */
function randomOf(seed: number): (bound: number) => number {
  let state = seed * 2_654_435_761 + 12_345;
  return (bound) => {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) + 1;
    state = Math.imul(state ^ (state >>> 13), 3_266_489_917);
    return ((state ^ (state >>> 16)) >>> 0) % bound;
  };
}

interface Model {
  readonly text: string;
  /** (base file, sign, text) of every line that counts, as the generator knows them. */
  readonly lines: string[];
}

const vocabulary = [
  "a",
  "b",
  " a",
  "a ",
  "-- x",
  "++ y",
  "- x",
  "--- a/f0",
  "+++ b/f0",
  "@@ -1 +1 @@",
  "diff --git a/f b/f",
  "",
  "  ",
  "é",
  "\u2028",
  "a\r",
  "\\ z",
  "\t",
];

/** U+2028 is white space for JavaScript's trim, but not ASCII white space, and so no blank line. */
const isCounted = (line: string): boolean => !line.startsWith(" ") && (line.slice(1).trim() !== "" || line.endsWith("\u2028"));

/** A random patch in git's form over four files, and its lines written down beside it rather than read back from it. */
function randomPatch(random: (bound: number) => number): Model {
  const lines: string[] = [];
  let text = "";
  for (let file = 0; file < 4; file++) {
    const shape = random(6);
    if (shape === 0) continue;
    const base = `f${file}`;
    const to = shape === 1 ? `renamed${file}` : base;
    text += `diff --git a/${base} b/${to}\n`;
    if (shape === 1) text += `similarity index 50%\nrename from ${base}\nrename to ${to}\n`;
    const hunks = random(3);
    if (hunks > 0) text += `--- a/${base}\n+++ b/${to}\n`;
    else if (shape > 1) text += "old mode 100644\nnew mode 100755\n";
    for (let hunk = 0; hunk < hunks; hunk++) {
      const body = Array.from({ length: 1 + random(8) }, () => `${["+", "-", " "][random(3)]}${vocabulary[random(vocabulary.length)]}`);
      const count = (sign: string) => body.filter((line) => line.startsWith(sign) || line.startsWith(" ")).length;
      text += `@@ -${1 + hunk * 50},${count("-")} +${1 + hunk * 50},${count("+")} @@ heading\n`;
      text += body.map((line) => (random(9) === 0 ? `${line}\n\\ No newline at end of file\n` : `${line}\n`)).join("");
      lines.push(...body.filter(isCounted).map((line) => `${base}|${line}`));
    }
  }
  return { text, lines };
}

/** How many of one list are in the other, each taken once. */
function slowMatches(first: readonly string[], second: readonly string[]): number {
  const left = [...second];
  let matched = 0;
  for (const line of first) {
    const at = left.indexOf(line);
    if (at === -1) continue;
    left.splice(at, 1);
    matched++;
  }
  return matched;
}

test("10,000 random pairs agree with a slow count made without parsing", { timeout: 120_000 }, () => {
  const withoutSpace = (line: string): string => line.replaceAll(/[\t-\r ]/g, "");
  const withoutFile = (line: string): string => line.slice(line.indexOf("|"));
  let compared = 0;
  let moved = 0;
  for (let seed = 0; seed < 10_000; seed++) {
    const random = randomOf(seed);
    const [first, second] = [randomPatch(random), randomPatch(random)];
    const slow = (change: (line: string) => string): number => slowMatches(first.lines.map(change), second.lines.map(change));
    const matched = slow((line) => line);
    const [firstLines, secondLines] = [first.lines.length, second.lines.length];
    const result = compare(first.text, second.text);
    expect(result, `seed ${seed}`).toMatchObject({ matched, firstLines, secondLines });
    expect(result.matchedLines.length).toBe(matched);
    expect(result.recall).toBe(firstLines === 0 ? null : matched / firstLines);
    expect(result.sizeRatio).toBe(firstLines === 0 ? null : secondLines / firstLines);
    expect(result.ignoringWhitespace.matched, `seed ${seed}`).toBe(slow(withoutSpace));
    expect(result.anywhere.matched, `seed ${seed}`).toBe(slow(withoutFile));
    expect(result.movedLines.length).toBe(result.anywhere.matched - matched);
    expect(compare(second.text, first.text).matched).toBe(matched);
    if (matched > 0) compared++;
    moved += result.movedLines.length;
  }
  expect(compared).toBeGreaterThan(2500);
  expect(moved).toBeGreaterThan(1000);
});

test("a line that went to another file is found there, with both places", () => {
  const patch = (file: string, at: number): string =>
    `diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n@@ -${at},0 +${at},2 @@\n+moved\n+only ${file}\n`;
  const result = compare(patch("a", 3), patch("b", 7));
  expect(result).toMatchObject({ recall: 0, anywhere: { recall: 0.5, matched: 1 }, ignoringWhitespace: { recall: 0 } });
  expect(result.movedLines).toEqual([{ fileInFirst: "a", fileInSecond: "b", sign: "+", text: "moved", lineInFirst: 3, lineInSecond: 7 }]);
});
