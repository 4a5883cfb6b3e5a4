import { expect, test } from "vitest";
import { err, unwrap } from "../../base/result.ts";
import { inventedSample } from "../../records/invented-sample.conformance.ts";
import type { Message } from "../../records/message.ts";
import type { Sample } from "../../records/sample.ts";
import { characterTokenizer } from "./character-tokenizer.conformance.ts";
import { renderedRow, type RenderedRow } from "./rendered-row.ts";

function turn(id: string, command: string): Message[] {
  const toolCalls = [{ id, name: "bash", arguments: JSON.stringify({ command }) }];
  return [
    { role: "assistant", content: "", reasoning: "why", toolCalls },
    { role: "tool", content: `out of ${command}`, toolCallId: id },
  ];
}

const system: Message = { role: "system", content: "s" };
const task: Message = { role: "user", content: "u" };
const messages = [system, task, ...turn("1", "first"), ...turn("2", "second")];

const rowOf = async (sample: Sample): Promise<RenderedRow> => unwrap(await renderedRow(sample, "keep_only_think", characterTokenizer()));
const textOf = (ids: readonly number[]): string => String.fromCharCode(...ids.filter((id) => id !== -100));

test("every assistant turn has loss and nothing else; nothing is padded", async () => {
  const row = await rowOf(inventedSample(messages));
  expect(textOf(row.input_ids)).toContain("out of second");
  expect(textOf(row.labels)).toMatch(/^<think>\nwhy\n<\/think>.*"first".*<think>.*"second"}}\n<\/tool_call>$/s);
  expect(textOf(row.labels)).not.toContain("out of");
  expect(row.attention_mask).toEqual(row.input_ids.map(() => 1));
  expect(row.labels).toHaveLength(row.input_ids.length);
});

test.each([
  ["with a system message", messages, 4],
  ["without one, where the conversation has one more", messages.slice(1), 3],
])("failed steps are kept but have no loss, %s", async (_, given, position) => {
  const whole = await rowOf(inventedSample(given));
  const row = await rowOf(inventedSample(given, { failedSteps: [position] }));
  expect(row.input_ids).toEqual(whole.input_ids);
  expect(textOf(row.labels)).toContain("first");
  expect(textOf(row.labels)).not.toContain("second");
});

test("what cannot be rendered has no row, and its reason", async () => {
  const broken = { ...characterTokenizer(), render: async () => err({ reason: "template-failed" as const, message: "" }) };
  expect(await renderedRow(inventedSample(messages), "keep", broken)).toEqual(err({ reason: "template-failed" }));
  const odd = inventedSample([system, task, { role: "assistant", content: "no call", reasoning: null, toolCalls: [] }]);
  expect(await renderedRow(odd, "keep", characterTokenizer())).toEqual(err({ reason: "turn-without-tool-call" }));
});
