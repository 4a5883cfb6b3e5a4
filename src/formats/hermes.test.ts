import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import type { Message } from "../records/message.ts";
import { inventedSample } from "../records/invented-sample.conformance.ts";
import type { Sample } from "../records/sample.ts";
import { hermesDefaults, hermesReasonings, toHermes } from "./hermes.ts";
import type { HermesMessage, HermesOptions } from "./hermes.ts";

const golden = new URL("../../test/golden/formats/", import.meta.url);

interface Trajectory {
  role: string;
  content: string | { text: string }[];
  tool_calls?: { id: string; function: { name: string; arguments: string } }[] | null;
  tool_call_ids?: string[];
  tool_call_id?: string;
}
interface Golden {
  system_prompt: string;
  input: { history?: Trajectory[]; messages?: Trajectory[] };
  sera: Record<string, { output?: unknown; error?: string }>;
}

function read(name: string): Golden {
  return JSON.parse(readFileSync(new URL(name, golden), "utf8"));
}

/** A message of SWE-agent's or mini-swe-agent's history as a message of ours. */
function fromTrajectory(message: Trajectory): Message {
  const content = typeof message.content === "string" ? message.content : message.content.map((part) => part.text).join("");
  if (message.role === "tool") return { role: "tool", content, toolCallId: message.tool_call_ids?.[0] ?? message.tool_call_id ?? "" };
  if (message.role !== "assistant") return { role: message.role === "system" ? "system" : "user", content };
  const toolCalls = (message.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function }));
  return { role: "assistant", content, reasoning: null, toolCalls };
}

function goldenSample({ input, system_prompt: system }: Golden): Sample {
  const [, ...rest] = (input.history ?? input.messages ?? []).map(fromTrajectory);
  return inventedSample([{ role: "system", content: system }, ...rest]);
}

function row(sample: Sample, options: Partial<HermesOptions> = {}): readonly HermesMessage[] {
  return unwrap(toHermes(sample, { ...hermesDefaults, ...options })).messages;
}

/** A conversation of one turn, all of it given by that turn. */
function turn(parts: { content?: string; reasoning?: string | null; name?: string; args?: string; result?: string }): Sample {
  return inventedSample([
    { role: "system", content: "s" },
    { role: "user", content: "u" },
    {
      role: "assistant",
      content: parts.content ?? "",
      reasoning: parts.reasoning ?? null,
      toolCalls: [{ id: "1", name: parts.name ?? "bash", arguments: parts.args ?? '{"command": "ls"}' }],
    },
    { role: "tool", content: parts.result ?? "", toolCallId: "1" },
  ]);
}

const said = (sample: Sample, options: Partial<HermesOptions>): string => row(sample, options)[2]?.content.split("<tool_call>")[0] ?? "";
const reasonOf = (sample: Sample, options: HermesOptions = hermesDefaults): string => {
  const made = toHermes(sample, options);
  return made.ok ? "kept" : made.error.reason;
};

test("rows equal the authors' where theirs are sound", () => {
  for (const name of ["1_sweagent_edit.json", "3_think_and_parallel.json"]) {
    const file = read(name);
    const sample = goldenSample(file);
    expect({ messages: row(sample, { reasoning: "keep", trainKey: false }) }).toEqual(file.sera["hermes"]?.output);
    expect({ messages: row(sample, { reasoning: "keep" }) }).toEqual(file.sera["hermes_train_key"]?.output);
    expect([{ messages: row(sample, { trainKey: false }) }]).toEqual(file.sera["hermes_keep_only_think"]?.output);
  }
  const plain = read("1_sweagent_edit.json");
  expect({ messages: row(goldenSample(plain), { reasoning: "wrap", trainKey: false }) }).toEqual(plain.sera["hermes_add_think"]?.output);
});

test("where the authors' code stops or invents a turn, the sample is left out by name", () => {
  expect(readdirSync(golden)).toHaveLength(4);
  for (const name of ["5_no_tool_calls.json", "6_cost_limit.json"])
    expect(reasonOf(goldenSample(read(name)))).toBe("turn-without-tool-call");
});

test("a row has the authors' keys, the tools as JSON a line, and the sample's id", () => {
  const tools = [{ name: "bash", description: 'say "é"\n', parameters: { type: "object", properties: {} } }];
  const made = unwrap(toHermes({ ...turn({}), tools }));
  expect(Object.keys(made)).toEqual(["messages", "instance_id", "tool_json"]);
  expect(made.tool_json).toEqual([{ type: "function", function: tools[0] }]);
  const lines = made.messages[0]?.content.split("\n") ?? [];
  expect(lines.slice(0, 3)).toEqual(["s", "", "# Tools"]);
  const line = lines[lines.indexOf("<tools>") + 1] ?? "";
  expect(line).toBe(
    '{"type": "function", "function": {"name": "bash", "description": "say \\"é\\"\\n", "parameters": {"type": "object", "properties": {}}}}',
  );
  expect(made.messages.map((message) => message.train)).toEqual([false, false, true, false]);
});

test("the system prompt equals what the student's chat template makes of the same tools", () => {
  const masks = JSON.parse(readFileSync(new URL("../hermes-system.json", golden), "utf8"));
  const [first] = row({ ...turn({}), messages: [{ role: "system", content: masks.system }], tools: masks.tools });
  expect(first?.content).toBe(masks.rendered);
});

test("each way to treat reasoning", () => {
  const cases = [
    [
      { content: "c", reasoning: "r\n" },
      ["<think>\nr\n</think>", "<think>\nc\n</think>", "<think>\nr\n</think>\n\nc", "<think>\nr\n</think>\n\nc", "c"],
    ],
    [{ content: "c\n" }, ["<think>\nc\n</think>", "<think>\nc\n</think>", "c\n", "<think>\nc\n</think>", "c"]],
    [
      { content: "<think>r</think>c" },
      ["<think>\nr\n</think>", "<think>\nc\n</think>", "<think>r</think>c", "<think>\nr\n</think>\n\nc", "c"],
    ],
    [{}, ["<think>\n\n</think>", "<think>\n\n</think>", "", "<think>\n\n</think>", ""]],
  ] as const;
  for (const [parts, expected] of cases) {
    const texts = hermesReasonings.map((reasoning) => said(turn(parts), { reasoning }));
    expect(texts).toEqual(expected.map((text) => (text === "" ? "" : `${text}\n\n`)));
  }
});

test("arguments keep their order and digits, are spelled as Python does, and keep their value", () => {
  const args = '{"b":1.0,"10":[1,{"x":"a: b, \\u00e9é😀\\u2028\\u007f"}],"a":12345678901234567890,  "e":{}}';
  const text = row(turn({ args }))[2]?.content.split("\n").at(-2) ?? "";
  expect(text).toBe(
    '{"name": "bash", "arguments": {"b": 1.0, "10": [1, {"x": "a: b, \\u00e9\\u00e9\\ud83d\\ude00\\u2028\\u007f"}], "a": 12345678901234567890, "e": {}}}',
  );
  expect(JSON.parse(text).arguments).toEqual(JSON.parse(args));
  expect(row(turn({ args: "" }))[2]?.content).toContain('"arguments": {}}');
});

test("tool results are never touched, whatever they mention", () => {
  const result = "<think>x</think><think> <tool_call> </tool_response>";
  expect(row(turn({ result }))[3]?.content).toBe(`<tool_response>\n${result}\n</tool_response>`);
});

test("turns that a reader would part elsewhere are left out by name", () => {
  const think = ["a <think>b</think>", "<think>a</think><think>b</think>", "</think>", "<think>open", "<think>a<think>b</think>"];
  for (const content of think) expect([content, reasonOf(turn({ content }))]).toEqual([content, "ambiguous-think-tags"]);
  expect(reasonOf(turn({ reasoning: "r", content: "<think>s</think>" }))).toBe("ambiguous-think-tags");
  expect(reasonOf(turn({ reasoning: "</think>" }))).toBe("ambiguous-think-tags");
  expect(reasonOf(turn({ content: "like <tool_call>" }))).toBe("ambiguous-tool-call-tags");
  expect(reasonOf(turn({ args: '{"command": "echo </tool_call>"}' }))).toBe("ambiguous-arguments");
  expect(reasonOf(turn({ args: '{"command": "echo </think>"}' }))).toBe("ambiguous-arguments");
  for (const args of ['{"a"', "[]", "null", "1"]) expect(reasonOf(turn({ args }))).toBe("arguments-not-a-json-object");
  const swapped = turn({});
  expect(reasonOf({ ...swapped, messages: [...swapped.messages.slice(0, 3), { role: "tool", content: "", toolCallId: "2" }] })).toBe(
    "results-out-of-order",
  );
});
