import { expect, test } from "vitest";
import { builtInDemonstrations } from "./demonstrations.ts";
import { parsePullRequest, pullRequestPrompt } from "./pull-request-prompt.ts";

const transcript = { version: 1 as const, toolset: "sera", tools: [], system: "s", user: "u", steps: [] };
const [demonstration = { id: "", text: "" }] = builtInDemonstrations();
const question = {
  problem: "See `Store.add` in `src/store.ts`.",
  transcript,
  patch: "diff --git a/x b/x\n",
  demonstration,
  maxCharacters: 10_000,
};

test("holds the hint with its phrase, the steps, the change and the demonstration as data, and asks for the tag last", () => {
  const { system, user } = pullRequestPrompt({ ...question, dropQuarters: 0 });
  expect(system).not.toBe("");
  expect(user).toMatch(/<report-([0-9a-f]{12})>\nSee `Store.add` in `src\/store.ts`\.\n<\/report-\1>/);
  expect(user).toContain(demonstration.text);
  for (const name of ["example", "steps", "change"]) expect(user).toMatch(new RegExp(`<${name}-([0-9a-f]{12})>\\n[^]*</${name}-\\1>`));
  expect(user.lastIndexOf("<pull_request>")).toBeGreaterThan(user.lastIndexOf("</change-"));
  expect(user).not.toContain("{{");
  expect(user).not.toContain("<verdict>");
});

test.each([
  ["<pull_request>\nTitle\n\nBody\n</pull_request>", "Title\n\nBody"],
  ["<think><pull_request>draft</pull_request></think>\n<pull_request>final</pull_request>", "final"],
  ["I write between <pull_request> tags:\n<pull_request>\nreal\n</pull_request>", "real"],
  ["The tags are `<pull_request>…</pull_request>`.", null],
  ["<pull_request>first</pull_request><pull_request>second</pull_request>", "second"],
  ["<pull_request>real</pull_request>\nAs asked, between `<pull_request>x</pull_request>`.", "real"],
  ["<pull_request>real</pull_request>\n<pull_request>the text</pull_request>", "real"],
  ["<pull_request>  \n </pull_request>", null],
  ["<pull_request>…</pull_request>", null],
  ["<pull_request>cut off", null],
  ["no tags", null],
  [`<pull_request>${"a".repeat(20_001)}</pull_request>`, null],
])("reads the text of %j", (text, expected) => expect(parsePullRequest(text)).toBe(expected));
