import { expect, test } from "vitest";
import { cutHistory } from "./hold-out-cut.ts";
import type { HoldOutRule } from "./hold-out-cut.ts";

function cut(commits: number, rule: HoldOutRule) {
  const history = Array.from({ length: commits }, (_, index) => ({ id: `c${index}`, committedAt: commits - index }));
  return cutHistory(history, rule);
}

test.each([
  [1, 0],
  [9, 0],
  [10, 1],
  [19, 1],
  [999, 99],
  [1000, 100],
  [50_000, 100],
])("by default %i commits hold out %i", (commits, heldOut) => {
  const made = cut(commits, { kind: "default" });
  expect(made).toMatchObject({ ok: true, value: { head: "c0", totalCommits: commits, heldOut, newestTraining: `c${heldOut}` } });
});

test("a count and none are followed, and the record says the rule", () => {
  expect(cut(5, { kind: "count", commits: 4 })).toEqual({
    ok: true,
    value: { version: 1, head: "c0", totalCommits: 5, heldOut: 4, newestTraining: "c4", rule: "the newest 4" },
  });
  expect(cut(500, { kind: "none" })).toMatchObject({ ok: true, value: { heldOut: 0, newestTraining: "c0", rule: "none" } });
  expect(cut(500, { kind: "default" })).toMatchObject({ value: { rule: "the newest 10 %, rounded down, at most 100" } });
});

test("a count that leaves nothing is a mistake of usage", () => {
  for (const commits of [5, 6, 5000]) {
    expect(cut(5, { kind: "count", commits })).toMatchObject({ ok: false, error: { boundary: "repository", code: "hold-out-too-large" } });
  }
});
