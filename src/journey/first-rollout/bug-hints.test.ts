import { expect, test } from "vitest";
import { drawBugHint, loadBugHints, renderBugHint } from "./bug-hints.ts";

const phrase = "`{{function}}` in `{{file}}`";
const hints = loadBugHints();

test("at least 51 hints, all different, over the 51 topics", () => {
  expect(hints.length).toBeGreaterThanOrEqual(51);
  expect(new Set(hints.map((hint) => hint.id)).size).toBe(hints.length);
  expect(new Set(hints.map((hint) => hint.text)).size).toBe(hints.length);
  expect(new Set(hints.map((hint) => hint.topic)).size).toBe(51);
});

test.each(hints)("$id names the function once and is short", ({ text }) => {
  expect(text.split(phrase)).toHaveLength(2);
  expect(text.replace(phrase, "")).not.toMatch(/[{}`@]/);
  expect(text.match(/[.?!](?= |$)/g)?.length ?? 0).toBeLessThanOrEqual(3);
  expect(text.length).toBeLessThan(450);
});

test.each(hints)("$id is in words that fit any language", ({ text }) => {
  expect(text).not.toMatch(
    /\b(class|None|null|nil|undefined|exception|python|pip|npm|goroutine|promise|thread|pointer|module|package|pytest|decorator|dict)\b/i,
  );
});

test("a fair part points up or down stream, and openings vary", () => {
  const pointing = hints.filter(({ text }) =>
    /call|further|earlier|upstream|relies|hands|on the way|elsewhere|another part|somebody else/i.test(text),
  );
  expect(pointing.length).toBeGreaterThan(hints.length / 4);
  expect(new Set(hints.map(({ text }) => text.split(" ").slice(0, 2).join(" "))).size).toBeGreaterThan(hints.length / 2);
});

test("attempts of one lineage never have the same hint, and other lineages and seeds others", () => {
  const drawn = hints.map((_, index) => drawBugHint({ seed: 7, subject: "k", attempt: index + 1 }).id);
  expect(new Set(drawn).size).toBe(hints.length);
  expect(drawBugHint({ seed: 7, subject: "k", attempt: 2 }).id).toBe(drawn[1]);
  const firsts = new Set(Array.from({ length: 300 }, (_, index) => drawBugHint({ seed: 7, subject: `k${index}`, attempt: 1 }).id));
  expect(firsts.size).toBeGreaterThan(hints.length * 0.9);
  const seeds = new Set(Array.from({ length: 20 }, (_, seed) => drawBugHint({ seed, subject: "k", attempt: 1 }).id));
  expect(seeds.size).toBeGreaterThan(5);
  expect(hints).toContainEqual(drawBugHint({ seed: 7, subject: "k", attempt: hints.length + 1 }));
  expect(() => drawBugHint({ seed: 7, subject: "k", attempt: 0 })).toThrow(/from 1/);
});

test("renders names as they are, with no second look at them", () => {
  const site = {
    path: "src/$&/{{function}}.ts",
    qualifiedName: "Store.add",
    name: "add",
    kind: "method",
    language: "typescript",
    startLine: 1,
    endLine: 2,
    hash: "h",
  } as const;
  const text = renderBugHint({ id: "x", topic: "x", text: `See ${phrase}.` }, site);
  expect(text).toBe("See `Store.add` in `src/$&/{{function}}.ts`.");
});
