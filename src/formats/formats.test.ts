import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { inventedSample } from "../records/invented-sample.conformance.ts";
import type { Message } from "../records/message.ts";
import { anySample, soundSample } from "./any-sample.conformance.ts";
import { conversationOf, formatRow, textFormats } from "./format-row.ts";
import { hermesReasonings, toHermes } from "./hermes.ts";
import { pythonText } from "./python-text.ts";
import { fromHermes, toLosslessHermes } from "./read-hermes.ts";
import { toShareGpt } from "./sharegpt.ts";
import { toXml } from "./xml.ts";

const how = { reasoning: "keep" as const, trainKey: false };

interface Golden {
  readonly system_prompt: string;
  readonly input: { readonly history?: readonly Given[]; readonly messages?: readonly Given[] };
  readonly sera: Readonly<Record<string, { readonly output?: unknown }>>;
}

interface Given {
  readonly role: Message["role"];
  readonly content: string | readonly { readonly text: string }[];
  readonly tool_call_id?: string;
  readonly tool_call_ids?: readonly string[];
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[] | null;
}

function golden(name: string): Golden {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../../test/golden/formats", name), "utf8")) as Golden;
}

function sampleOf({ input, system_prompt: system }: Golden) {
  const [, ...rest] = (input.history ?? input.messages ?? []).map((given): Message => {
    const content = typeof given.content === "string" ? given.content : given.content.map(({ text }) => text).join("");
    if (given.role === "tool") return { role: "tool", content, toolCallId: given.tool_call_ids?.[0] ?? given.tool_call_id ?? "" };
    if (given.role !== "assistant") return { role: given.role, content };
    return {
      role: "assistant",
      content,
      reasoning: null,
      toolCalls: (given.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function })),
    };
  });
  return inventedSample([{ role: "system", content: system }, ...rest]);
}

test("xml rows equal the authors'", () => {
  for (const name of ["1_sweagent_edit.json", "3_think_and_parallel.json"]) {
    const file = golden(name);
    expect({ messages: unwrap(toXml(sampleOf(file), how)).messages }).toEqual(file.sera["xml"]?.output);
  }
  for (const name of ["5_no_tool_calls.json", "6_cost_limit.json"])
    expect(toXml(sampleOf(golden(name)), how)).toEqual({ ok: false, error: { reason: "turn-without-tool-call" } });
});

test("commentary first equals the authors' keep_only_non_think", () => {
  for (const name of ["1_sweagent_edit.json", "3_think_and_parallel.json"]) {
    const file = golden(name);
    const row = unwrap(toHermes(sampleOf(file), { reasoning: "keep_only_non_think", trainKey: false }));
    expect([{ messages: row.messages }]).toEqual(file.sera["hermes_keep_only_non_think"]?.output);
  }
});

function turn(args: string, content = "", reasoning: string | null = null, result = "out") {
  return inventedSample([
    { role: "system", content: "s" },
    { role: "user", content: "u" },
    { role: "assistant", content, reasoning, toolCalls: [{ id: "1", name: "bash", arguments: args }] },
    { role: "tool", content: result, toolCallId: "1" },
  ]);
}

test("values as Python spells them, or none", () => {
  const spelled: readonly (readonly [unknown, string | null])[] = [
    ["it's\n", "it's\n"],
    [[1, 20], "[1, 20]"],
    [[true, null, "a", { b: [] }], "[True, None, 'a', {'b': []}]"],
    [5, "5"],
    [1.5, null],
    [2 ** 53, null],
    [-0, null],
    [["it's"], null],
    [["é"], null],
  ];
  for (const [value, text] of spelled) expect([value, pythonText(value)]).toEqual([value, text]);
});

test("what an xml reader would end elsewhere is left out by name", () => {
  const reasonOf = (sample: ReturnType<typeof turn>): string => {
    const made = toXml(sample, how);
    return made.ok ? "kept" : made.error.reason;
  };
  expect(reasonOf(turn('{"command": "echo </parameter>"}'))).toBe("ambiguous-function-tags");
  expect(reasonOf(turn('{"a>b": 1}'))).toBe("ambiguous-function-tags");
  expect(reasonOf(turn("{}", "see <function=x>"))).toBe("ambiguous-function-tags");
  expect(reasonOf(turn('{"t": 0.1}'))).toBe("value-without-spelling");
  expect(reasonOf(turn('{"t":'))).toBe("arguments-not-a-json-object");
  expect(reasonOf(turn("{}", "", null, "</parameter></function>"))).toBe("kept");
});

test("sharegpt: roles take turns, the last result is omitted and counted", () => {
  const row = unwrap(toShareGpt(turn('{"command":"ls"}', "", "why"), { reasoning: "keep_only_think" }));
  expect(row).toMatchObject({ system: "s", tools: "[]", omitted: 1 });
  expect(row.conversations).toEqual([
    { from: "human", value: "u" },
    { from: "function_call", value: '<think>\nwhy\n</think>\n\n{"name": "bash", "arguments": {"command":"ls"}}' },
  ]);
  expect(toShareGpt(turn("{}", "I look."), { reasoning: "keep" })).toMatchObject({ ok: false, error: { reason: "text-beside-call" } });
  const { messages } = turn("{}");
  const twice = inventedSample([...messages, { role: "user", content: "more" }]);
  expect(toShareGpt(twice, { reasoning: "none" })).toMatchObject({ ok: false, error: { reason: "roles-do-not-alternate" } });
});

test("failed steps are not trained, also where a row has got a system message", () => {
  const [, ...messages] = turn("{}").messages;
  // The system message that is put before the second moves its steps by one.
  for (const sample of [
    { ...turn("{}"), failedSteps: [2] },
    { ...inventedSample(messages), failedSteps: [1] },
  ]) {
    for (const format of ["hermes", "xml"] as const) {
      const row = unwrap(formatRow(sample, format, { reasoning: "keep", trainKey: true })) as { messages: { train: boolean }[] };
      expect(row.messages.map(({ train }) => train)).toEqual([false, false, false, false]);
      const trained = unwrap(formatRow({ ...sample, failedSteps: [] }, format, { reasoning: "keep", trainKey: true })) as typeof row;
      expect(trained.messages[2]?.train).toBe(true);
    }
  }
});

test("property: a lossless hermes row gives back the very sample", () => {
  let rows = 0;
  fc.assert(
    fc.property(fc.oneof(anySample, soundSample), (given) => {
      const row = toLosslessHermes(given);
      if (!row.ok) return;
      rows++;
      expect(unwrap(fromHermes(JSON.parse(JSON.stringify(row.value))))).toEqual(given);
    }),
    { numRuns: 1000 },
  );
  expect(rows).toBeGreaterThan(200);
});

test("a plain hermes row is read as what it says", () => {
  const sample = turn('{"command": "ls"}', "I look.", "why");
  const row = unwrap(toLosslessHermes(sample));
  expect(row.meta.exact).toEqual([
    [2, sample.messages[2]],
    [3, sample.messages[3]],
  ]);
  expect(fromHermes({ ...row, messages: [{ role: "robot", content: "" }] })).toMatchObject({ ok: false });
  const unclosed = { role: "assistant" as const, content: '<tool_call>\n{"name": "bash"' };
  const noMeta = { ...row, messages: [...row.messages.slice(0, 2), unclosed], meta: { ...row.meta, exact: [] } };
  expect(fromHermes(noMeta)).toEqual({ ok: false, error: { reason: "messages.2: a call is not closed, or text follows it" } });
});

test("property: every format has a row or a reason, and no row is made of half a message", () => {
  fc.assert(
    fc.property(soundSample, fc.constantFrom(...textFormats), fc.constantFrom(...hermesReasonings), (given, format, reasoning) => {
      const row = formatRow(given, format, { reasoning, trainKey: true });
      if (!row.ok) {
        expect(row.error.reason).toMatch(/^[a-z-]+$/);
        return;
      }
      const told = row.value as { messages?: readonly object[]; conversations?: readonly object[]; omitted?: number };
      const hasSystem = given.messages[0]?.role === "system";
      const all = given.messages.length + (hasSystem || format === "canonical" || format === "messages" || format === "raw" ? 0 : 1);
      if (told.conversations === undefined) expect(told.messages).toHaveLength(all);
      else expect(told.conversations.length + (told.omitted ?? 0) + 1).toBe(all);
    }),
  );
  expect.hasAssertions();
});

test("what the student sees is the hermes row", () => {
  const sample = turn('{"command": "ls"}', "I look.");
  const { messages } = unwrap(conversationOf(sample, { reasoning: "keep_only_think" }));
  expect(messages).toEqual(unwrap(toHermes(sample, { reasoning: "keep_only_think", trainKey: false })).messages);
});
