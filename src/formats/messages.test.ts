import * as fc from "fast-check";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { Sample } from "../records/sample.ts";
import { SafetyReason } from "../records/safety-flag.ts";
import { inventedSample } from "../records/invented-sample.conformance.ts";
import { fromMessages, toMessages } from "./messages.ts";

const text = fc.string({ unit: "binary" });
const call = fc.record({ id: text, name: text, arguments: text });
const message = fc.oneof(
  fc.record({ role: fc.constantFrom("system" as const, "user" as const), content: text }),
  fc.record({
    role: fc.constant("assistant" as const),
    content: text,
    reasoning: fc.option(text),
    toolCalls: fc.array(call, { maxLength: 3 }),
  }),
  fc.record({ role: fc.constant("tool" as const), content: text, toolCallId: text }),
);
const tool = fc.record({ name: text, description: text, parameters: fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()) });
const sample = fc.record({
  version: fc.constant(2 as const),
  id: text,
  lineage: text,
  kind: fc.constantFrom("t1" as const, "t2" as const),
  repository: text,
  commit: text,
  path: text,
  qualifiedName: text,
  language: text,
  recall: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))),
  teacher: text,
  toolset: text,
  tools: fc.array(tool, { maxLength: 3 }),
  flags: fc.subarray([...SafetyReason.options]),
  messages: fc.array(message, { maxLength: 6 }),
});

test("property: a row written as JSON gives back the very sample", () => {
  fc.assert(
    fc.property(sample, (given) => {
      const canonical = JSON.stringify(Sample.parse(given));
      const line = JSON.stringify(toMessages(Sample.parse(given)));
      expect(unwrap(fromMessages(JSON.parse(line)))).toEqual(JSON.parse(canonical));
    }),
  );
  expect.hasAssertions();
});

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
