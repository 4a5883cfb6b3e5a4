import { expect, test } from "vitest";
import { unwrap } from "../../../base/result.ts";
import { parsePatch } from "../../../patch/parse-patch.ts";
import type { ParsedPatch } from "../../../patch/parsed-patch.ts";
import type { Message } from "../../../records/message.ts";
import { Recipe } from "../recipe.ts";
import { activeFilters } from "./filter-table.ts";
import type { Judged } from "./judged.ts";
import { editsOnlyTests } from "./only-tests.ts";
import { repeatsOf } from "./repeated-actions.ts";
import { leavesScratch } from "./scratch-files.ts";
import { meanToolTokens } from "./tool-tokens.ts";

const call = (name: string, given: string): Message => ({
  role: "assistant",
  content: "",
  reasoning: null,
  toolCalls: [{ id: "c", name, arguments: given }],
});
const ls = call("bash", '{"command":"ls"}');
const cat = call("bash", '{"command":"cat a"}');
const answer: Message = { role: "tool", content: "x", toolCallId: "c" };

function judged(more: Partial<Judged> = {}, also: object = {}): Judged {
  const plain = { kind: "t2" as const, exit: "submitted", patchSize: { files: 1, added: 1, removed: 1 }, accepted: true, heldOut: false };
  return { ...plain, repeats: 1, onlyTests: null, scratchFiles: null, toolTokens: 10, ...more, ...also };
}

function patchOf(...paths: readonly (readonly [kind: "new" | "old", path: string])[]): ParsedPatch {
  const section = (kind: string, path: string): string =>
    `diff --git a/${path} b/${path}\n${kind === "new" ? "new file mode 100644\n--- /dev/null\n" : `--- a/${path}\n`}+++ b/${path}\n${kind === "new" ? "@@ -0,0 +1 @@\n+x\n" : "@@ -1 +1 @@\n-y\n+x\n"}`;
  return unwrap(parsePatch(paths.map(([kind, path]) => section(kind, path)).join("")));
}

function ofPatch(patch: ParsedPatch): Partial<Judged> {
  return { onlyTests: editsOnlyTests(patch), scratchFiles: leavesScratch(patch) };
}

/** The first reason by which a sample leaves, and what could not be judged before. */
function outcome(filters: object, one: Judged): string {
  const recipe = Recipe.parse({ filters });
  const unknown: string[] = [];
  for (const { reason, judge } of activeFilters(recipe.filters)) {
    const verdict = judge(one);
    if (verdict === "leaves") return [...unknown, reason].join(" ");
    if (verdict === "unknown") unknown.push(`?${reason}`);
  }
  return [...unknown, "stays"].join(" ");
}

const size = (files: number, added: number, removed: number): object => ({ patchSize: { files, added, removed } });

const cases: readonly (readonly [string, object, Judged, string])[] = [
  ["what is plain stays", {}, judged(), "stays"],
  ["a limit ended it", {}, judged({}, { exit: "exit-steps" }), "not-submitted"],
  ["a limit ended it, and that is no matter", { submitted: false }, judged({}, { exit: "exit-steps" }), "stays"],
  ["another program's case does not matter", {}, judged({}, { exit: "Submitted" }), "stays"],
  ["a patch that was rescued was not handed in", {}, judged({}, { exit: "submitted (exit_cost)" }), "not-submitted"],
  ["how it ended is not known", {}, judged({}, { exit: null }), "?not-submitted stays"],
  ["the self-check refused it", {}, judged({ accepted: false }, { kind: "t1" }), "self-check"],
  ["the self-check refused it, and that is no matter", { selfCheck: false }, judged({ accepted: false }, { kind: "t1" }), "stays"],
  ["second rollouts have no self-check", {}, judged({ accepted: false }, { kind: "t2" }), "stays"],
  ["it was never graded, which is no yes", {}, judged({ accepted: null }, { kind: "t1" }), "?self-check stays"],
  ["it changed nothing", {}, judged({}, size(0, 0, 0)), "empty-patch"],
  ["a change of mode is one", {}, judged({}, size(1, 0, 0)), "stays"],
  ["the patch is not known", {}, judged({}, { patchSize: null }), "?empty-patch stays"],
  ["its commit is held out", {}, judged({ heldOut: true }), "held-out"],
  ["nobody knows about its commit", {}, judged({ heldOut: null }), "?held-out stays"],
  ["forty lines are allowed", { editedLines: 40 }, judged({}, size(1, 20, 20)), "stays"],
  ["forty-one are not", { editedLines: 40 }, judged({}, size(1, 21, 20)), "edited-lines"],
  ["tools say 600 tokens in the mean", { toolTokens: 600 }, judged({ toolTokens: 600 }), "stays"],
  ["tools say more", { toolTokens: 600 }, judged({ toolTokens: 600.5 }), "tool-output"],
  ["only tests", { onlyTests: true }, judged(ofPatch(patchOf(["old", "tests/a.py"], ["new", "pkg/test_b.py"]))), "only-tests"],
  ["tests and code", { onlyTests: true }, judged(ofPatch(patchOf(["old", "tests/a.py"], ["old", "contests/a.py"]))), "stays"],
  ["tests, were the patch known", { onlyTests: true }, judged(), "?only-tests stays"],
  [
    "a script is left behind",
    { scratchFiles: true },
    judged(ofPatch(patchOf(["old", "a.py"], ["new", "reproduce_it.py"]))),
    "scratch-files",
  ],
  ["a script that was there is no scratch", { scratchFiles: true }, judged(ofPatch(patchOf(["old", "reproduce_it.py"]))), "stays"],
];

test.each(cases)("%s", (_, filters, one, expected) => {
  expect(outcome(filters, one)).toBe(expected);
});

test("filters that are off are not asked", () => {
  expect(activeFilters(Recipe.parse({}).filters).map(({ reason }) => reason)).toEqual([
    "not-submitted",
    "self-check",
    "empty-patch",
    "held-out",
  ]);
});

const loops: readonly (readonly [string, readonly Message[], string])[] = [
  ["three times is not four", [ls, ls, ls, cat], "stays"],
  ["four times in a row", [cat, ls, answer, ls, answer, ls, answer, ls, cat], "repeated-actions"],
  ["four times in all is no row", [ls, cat, ls, call("bash", "{}"), ls, cat, cat, ls], "stays"],
  ["a cycle of two, four times", [ls, cat, ls, cat, ls, cat, ls, cat], "repeated-actions"],
  ["a cycle of two, three times", [ls, cat, ls, cat, ls, cat, ls], "stays"],
];

test.each(loops)("%s", (_, messages, expected) => {
  expect(outcome({ repeatedActions: 4 }, judged({ repeats: repeatsOf(messages) }))).toBe(expected);
});

test("the mean of tools' output counts tool turns alone", () => {
  expect(meanToolTokens(["system", "user", "assistant", "tool", "assistant", "tool"], [10, 30, 35, 135, 140, 160])).toBe(60);
  expect(meanToolTokens(["system", "user"], [10, 30])).toBe(0);
});
