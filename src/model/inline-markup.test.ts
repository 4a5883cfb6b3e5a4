import { expect, test } from "vitest";
import { splitThought, takeCalls } from "./inline-markup.ts";

test.each([
  ["say", null, "say"],
  ["<think>a</think>b", "a", "b"],
  ["\n <think>\na\n</think>\n\nb\n", "a", "b\n"],
  ["<think>\n\n</think>\n\nb", null, "b"],
  ["<think>never ends", "never ends", ""],
  ["opened in the prompt</think>b", "opened in the prompt", "b"],
  ["say <think>a</think> b", null, "say <think>a</think> b"],
  ["<think>a</think>b</think>c", "a", "b</think>c"],
])("%j is thought %j and text %j", (text, reasoning, content) => {
  expect(splitThought(text)).toEqual({ reasoning, content });
});

const ls = '<tool_call>{"name": "bash", "arguments": {"command": "ls"}}</tool_call>';
const call = { id: "", name: "bash", arguments: '{"command":"ls"}' };

test.each([
  ["say", "say", []],
  [ls, "", [call]],
  [`a\n${ls}\n${ls}\nb`, "a\n\n\nb", [call, call]],
  ['<tool_call>{"name": "bash", "arguments": "{\\"x"}</tool_call>', "", [{ ...call, arguments: '{"x' }]],
  ['<tool_call>{"name": "submit"}</tool_call>', "", [{ id: "", name: "submit", arguments: "{}" }]],
  [
    '<tool_call>{"name": "e", "arguments": {"t": "</tool_call>"}}</tool_call>',
    "",
    [{ id: "", name: "e", arguments: '{"t":"</tool_call>"}' }],
  ],
  ['<tool_call>{"name": "bash", "arg', '<tool_call>{"name": "bash", "arg', []],
  ["<tool_call>{broken}</tool_call>", "<tool_call>{broken}</tool_call>", []],
  [`<tool_call>{broken}</tool_call>${ls}`, "<tool_call>{broken}</tool_call>", [call]],
  ["<tool_call>[1]</tool_call> 3", "<tool_call>[1]</tool_call> 3", []],
])("%j leaves %j", (text, content, toolCalls) => {
  expect(takeCalls(text)).toEqual({ content, toolCalls });
});

test("many tags without calls are read in little time", () => {
  const text = "<tool_call>{</tool_call>".repeat(20_000);
  expect(takeCalls(text).content).toBe(text);
});
