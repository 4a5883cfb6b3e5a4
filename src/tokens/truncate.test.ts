import { expect, test } from "vitest";
import { truncate } from "./truncate.ts";

const roles = ["system", "user", "assistant", "tool", "assistant", "tool", "assistant"];
const ends = [10, 20, 30, 40, 50, 60, 70];

test.each([
  [71, { kept: 7, tokens: 70, ratios: { steps: 1, messages: 1 } }],
  // What is exactly as long as the context does not fit (reference.md §h).
  [70, { kept: 5, tokens: 50, ratios: { steps: 2 / 3, messages: 5 / 7 } }],
  [51, { kept: 5, tokens: 50, ratios: { steps: 2 / 3, messages: 5 / 7 } }],
  [50, { kept: 3, tokens: 30, ratios: { steps: 1 / 3, messages: 3 / 7 } }],
  [31, { kept: 3, tokens: 30, ratios: { steps: 1 / 3, messages: 3 / 7 } }],
  [30, null],
  [10, null],
])("a context of %i tokens", (context, kept) => {
  expect(truncate({ roles, ends, context })).toEqual(kept);
});
