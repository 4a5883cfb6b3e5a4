import { expect, test } from "vitest";
import { quirksOf } from "./quirks.ts";

const of = (dialect: "openai-chat" | "anthropic-messages", hostname: string, model: string, sendReasoning = true) =>
  quirksOf({ dialect, hostname, model, sendReasoning });

test("a server is told by its address, OpenAI's reasoning models by their names", () => {
  expect(of("openai-chat", "api.openai.com", "gpt-5.2")).toMatchObject({
    maxTokens: "max_completion_tokens",
    temperature: false,
    reasoning: null,
  });
  expect(of("openai-chat", "x.openai.azure.com", "o3-mini")).toMatchObject({ temperature: false });
  expect(of("openai-chat", "api.openai.com", "gpt-4.1")).toMatchObject({ maxTokens: "max_completion_tokens", temperature: true });
  expect(of("openai-chat", "notopenai.com", "gpt-5.2")).toMatchObject({ maxTokens: "max_tokens", temperature: true });
  for (const host of ["127.0.0.1", "api.z.ai", "vllm.internal"])
    expect(of("openai-chat", host, "glm-4.6")).toMatchObject({
      maxTokens: "max_tokens",
      reasoning: "reasoning_content",
      key: "authorization",
    });
  expect(of("anthropic-messages", "api.anthropic.com", "claude")).toMatchObject({
    key: "x-api-key",
    cacheMarks: true,
    usualMaxTokens: 32_000,
  });
  expect(of("anthropic-messages", "api.z.ai", "glm-4.6")).toMatchObject({ cacheMarks: false });
  expect(of("openai-chat", "api.z.ai", "glm-4.6", false).reasoning).toBeNull();
});
