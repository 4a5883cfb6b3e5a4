import { expect, test } from "vitest";
import { termsAllowTraining } from "./teacher-terms.ts";

const rows: readonly (readonly [string, boolean | null])[] = [
  ["scripted", true],
  ["glm-4.5-air", true],
  ["zai-org/GLM-4.6", true],
  ["Qwen/Qwen3-Coder-30B-A3B-Instruct", true],
  ["qwen3-coder-plus", null],
  ["qwen3-max", null],
  ["openai/gpt-oss-120b", true],
  ["gpt-4.1", false],
  ["o3", false],
  ["claude-sonnet-4-5", false],
  ["anthropic/claude-3-7-sonnet-20250219", false],
  ["gemini-2.5-pro", false],
  ["unknown", null],
  ["my-own-model", null],
];

test.each(rows)("%s: %s", (name, allowed) => expect(termsAllowTraining(name)).toBe(allowed));
