import { expect, test } from "vitest";
import type { Dialect } from "./model-config.ts";
import { quirksOf } from "./quirks-of.ts";
import type { Quirks } from "./quirks.ts";

function quirks(dialect: Dialect, hostname: string, model = "m", own: Partial<Quirks> = {}): Quirks {
  return quirksOf({ dialect, hostname, model, sendReasoning: true, own });
}

test("OpenAI is told by its address, its reasoning models by their names", () => {
  const openai = { maxTokens: "max_completion_tokens", reasoning: [], key: ["authorization"], askForUsage: true };
  expect(quirks("openai-chat", "api.openai.com", "gpt-5.2")).toMatchObject({ ...openai, temperature: false, oneCall: true });
  expect(quirks("openai-chat", "x.openai.azure.com", "o3-mini")).toMatchObject({ ...openai, temperature: false, oneCall: false });
  expect(quirks("openai-chat", "api.openai.com", "gpt-4.1")).toMatchObject({ ...openai, temperature: true, oneCall: true });
  expect(quirks("openai-chat", "notopenai.com", "gpt-5.2")).toMatchObject({ maxTokens: "max_tokens", temperature: true });
});

test("reasoning goes back to each server under the name it reads, to an unknown one under both", () => {
  const names = (hostname: string): readonly string[] => quirks("openai-chat", hostname, "glm-4.6").reasoning;
  for (const vllmOrSglang of ["127.0.0.1", "gpu.internal"]) expect(names(vllmOrSglang)).toEqual(["reasoning_content", "reasoning"]);
  for (const host of ["api.z.ai", "open.bigmodel.cn", "api.deepseek.com", "api.moonshot.ai"])
    expect(names(host)).toEqual(["reasoning_content"]);
  for (const host of ["openrouter.ai", "api.groq.com"]) expect(names(host)).toEqual(["reasoning"]);
  expect(names("api.mistral.ai")).toEqual([]);
});

test.each([
  ["claude-3-7-sonnet-latest", true],
  ["claude-3-5-haiku-20241022", true],
  ["claude-sonnet-4-20250514", true],
  ["claude-opus-4-1", true],
  ["claude-sonnet-4-5-20250929", true],
  ["claude-haiku-4-5", true],
  ["claude-opus-4-6", true],
  ["claude-opus-4-7", false],
  ["claude-opus-4-8-20260801", false],
  ["claude-opus-5", false],
  ["claude-sonnet-5-5", false],
])("Anthropic's %s takes a temperature: %s", (model, temperature) => {
  const anthropic = { temperature, key: ["x-api-key"], cacheMarks: true, oneCall: true, usualMaxTokens: 32_000 };
  expect(quirks("anthropic-messages", "api.anthropic.com", model)).toMatchObject(anthropic);
});

test("Messages of any other server: the key where either kind of server looks for it, a temperature, marks unless it is z.ai", () => {
  const other = { key: ["x-api-key", "authorization"], temperature: true, oneCall: false };
  expect(quirks("anthropic-messages", "127.0.0.1", "claude-opus-4-7")).toMatchObject({ ...other, cacheMarks: true });
  expect(quirks("anthropic-messages", "api.z.ai", "glm-4.6")).toMatchObject({ ...other, cacheMarks: false });
});

test("what a user says wins over the table, and no reasoning over both", () => {
  const own = { temperature: false, key: ["authorization"], reasoning: ["reasoning"] } as const;
  expect(quirks("anthropic-messages", "api.anthropic.com", "claude-opus-4-1", own)).toMatchObject({ ...own, cacheMarks: true });
  const none = quirksOf({ dialect: "openai-chat", hostname: "127.0.0.1", model: "m", sendReasoning: false, own });
  expect(none).toMatchObject({ reasoning: [], temperature: false });
});
