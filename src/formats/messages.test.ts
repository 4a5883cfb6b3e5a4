import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import type { Message } from "../records/message.ts";
import { inventedSample } from "../records/invented-sample.conformance.ts";
import { anySample } from "./any-sample.conformance.ts";
import { fromMessages, toMessages } from "./messages.ts";
import { fromRaw, toRaw } from "./raw.ts";

test("property: a row written as JSON gives back the very sample, as messages and raw", () => {
  fc.assert(
    fc.property(anySample, (given) => {
      expect(unwrap(fromMessages(JSON.parse(JSON.stringify(toMessages(given)))))).toEqual(given);
      expect(unwrap(fromRaw(JSON.parse(JSON.stringify(toRaw(given)))))).toEqual(given);
    }),
  );
  expect.hasAssertions();
});

test("a raw row has the history as the authors write it", () => {
  const file = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/golden/formats/3_think_and_parallel.json"), "utf8"));
  const messages = (file.input.messages as OpenAiMessage[]).map(canonical);
  const { messages: raw } = toRaw(inventedSample(messages));
  expect({ messages: raw }).toEqual(file.sera.raw.output);
});

interface OpenAiMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[];
}

function canonical({ role, content, tool_call_id: toolCallId = "", tool_calls: calls = [] }: OpenAiMessage): Message {
  if (role === "tool") return { role, content, toolCallId };
  if (role !== "assistant") return { role, content };
  return { role, content, reasoning: null, toolCalls: calls.map(({ id, function: called }) => ({ id, ...called })) };
}

const small = inventedSample([
  { role: "user", content: "u" },
  { role: "assistant", content: "", reasoning: "why", toolCalls: [{ id: "1", name: "bash", arguments: '{"command":"ls"}' }] },
  { role: "tool", content: "out", toolCallId: "1" },
  { role: "assistant", content: "done", reasoning: null, toolCalls: [] },
]);

test("the conversation is OpenAI's", () => {
  expect(toMessages(small)).toMatchObject({ instance_id: "s1", meta: { provenance: { repository: "library" }, scores: { recall: 1 } } });
  expect(toMessages(small).messages).toEqual([
    { role: "user", content: "u" },
    {
      role: "assistant",
      content: "",
      reasoning_content: "why",
      tool_calls: [{ id: "1", type: "function", function: { name: "bash", arguments: '{"command":"ls"}' } }],
    },
    { role: "tool", tool_call_id: "1", content: "out" },
    { role: "assistant", content: "done" },
  ]);
});

test("what is no row is refused with the place", () => {
  const row = toMessages(small);
  const refused = fromMessages({ ...row, messages: [{ role: "user", content: 5 }] });
  expect(refused).toMatchObject({ ok: false, error: { reason: expect.stringContaining("messages.0.content") } });
  expect(fromMessages(null).ok).toBe(false);
});
