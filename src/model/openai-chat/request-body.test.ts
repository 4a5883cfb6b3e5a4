import { expect, test } from "vitest";
import type { TurnRequest } from "../model.ts";
import { quirksOf } from "../quirks-of.ts";
import { requestBody } from "./request-body.ts";

const usual = { dialect: "openai-chat" as const, hostname: "127.0.0.1", model: "m", sendReasoning: true };

const turn: TurnRequest = {
  messages: [
    { role: "system", content: "S" },
    { role: "user", content: "U\ud83e" },
    {
      role: "assistant",
      content: "",
      reasoning: "R",
      toolCalls: [{ id: "a", name: "bash", arguments: '{"command": "ls' }],
    },
    { role: "tool", content: "a.py", toolCallId: "a" },
    { role: "assistant", content: "C", reasoning: null, toolCalls: [] },
  ],
  tools: [{ name: "bash", description: "D", parameters: { type: "object", properties: {} } }],
  temperature: 0.6,
  maxOutputTokens: 4096,
};

test("the body, byte for byte", () => {
  expect(requestBody({ model: "m", request: turn, quirks: quirksOf(usual), extraBody: {} }).toString()).toBe(
    '{"model":"m","stream":true,"stream_options":{"include_usage":true},"temperature":0.6,"max_tokens":4096,' +
      '"tools":[{"type":"function","function":{"name":"bash","description":"D","parameters":{"type":"object","properties":{}}}}],' +
      '"messages":[{"role":"system","content":"S"},{"role":"user","content":"U\ufffd"},' +
      '{"role":"assistant","content":"","reasoning_content":"R","reasoning":"R",' +
      '"tool_calls":[{"id":"a","type":"function","function":{"name":"bash","arguments":"{\\"command\\": \\"ls"}}]},' +
      '{"role":"tool","tool_call_id":"a","content":"a.py"},{"role":"assistant","content":"C"}]}',
  );
});

test("reasoning is kept back where a server does not want it; limits and tools are left out where there are none", () => {
  const request = { ...turn, tools: [], maxOutputTokens: null };
  const body = requestBody({ model: "m", request, quirks: quirksOf({ ...usual, sendReasoning: false }), extraBody: {} }).toString();
  expect(body).not.toContain("reasoning");
  expect(JSON.parse(body)).not.toHaveProperty("tools");
  expect(JSON.parse(body)).not.toHaveProperty("max_tokens");
});

test("OpenAI is asked for one call at a time where there are tools, by the names it takes; what a config adds comes first", () => {
  const quirks = quirksOf({ ...usual, hostname: "api.openai.com", model: "gpt-5.2" });
  const body = requestBody({ model: "gpt-5.2", request: turn, quirks, extraBody: { reasoning_effort: "low" } }).toString();
  expect(body.startsWith('{"reasoning_effort":"low","model":"gpt-5.2","stream":true')).toBe(true);
  expect(JSON.parse(body)).toMatchObject({ parallel_tool_calls: false, max_completion_tokens: 4096 });
  expect(JSON.parse(body)).not.toHaveProperty("temperature");
  const bare = requestBody({ model: "gpt-5.2", request: { ...turn, tools: [] }, quirks, extraBody: {} }).toString();
  expect(bare).not.toContain("parallel_tool_calls");
});
