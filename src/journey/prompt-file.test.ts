import { expect, test } from "vitest";
import { fillPrompt, readPromptFile } from "./prompt-file.ts";

test("two parts, and a value is put in once and never looked at again", () => {
  const prompt = readPromptFile(new URL("self-check/self-check-prompt.md", import.meta.url));
  expect(prompt.system).not.toContain("<!--");
  expect(fillPrompt({ system: "s", user: "{{a}} and {{b}}" }, { a: "{{b}} $&", b: "B" })).toEqual({ system: "s", user: "{{b}} $& and B" });
  expect(() => fillPrompt(prompt, {})).toThrow(/no value for/);
  expect(() => readPromptFile(new URL("prompt-file.ts", import.meta.url))).toThrow(/no system and user part/);
});
