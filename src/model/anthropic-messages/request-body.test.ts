import { expect, test } from "vitest";
import type { Message } from "../../records/message.ts";
import { quirksOf } from "../quirks-of.ts";
import { requestBody } from "./request-body.ts";

const tools = ["bash", "submit"].map((name) => ({ name, description: "Does.", parameters: { type: "object" } }));
const assistant = (parts: object): Message => ({ role: "assistant", content: "", reasoning: null, toolCalls: [], ...parts });
const mark = { cache_control: { type: "ephemeral" } };

interface Sent {
  readonly model: string;
  readonly max_tokens: number;
  readonly temperature?: number;
  readonly stream: boolean;
  readonly tools?: unknown;
  readonly system?: unknown;
  readonly messages: { readonly role: string; readonly content: Record<string, unknown>[] }[];
}

function sent(
  messages: readonly Message[],
  { hostname = "127.0.0.1", sendReasoning = true, maxOutputTokens = null as number | null, model = "m", extraBody = {} } = {},
): Sent {
  const quirks = quirksOf({ dialect: "anthropic-messages", hostname, model, sendReasoning });
  const request = { messages, tools, temperature: 0.6, maxOutputTokens };
  return JSON.parse(requestBody({ model, request, quirks, extraBody }).toString()) as Sent;
}

const bare = (body: Sent): unknown => JSON.parse(JSON.stringify(body.messages).replaceAll(',"cache_control":{"type":"ephemeral"}', ""));

test("a first turn: system and tools apart, a bound on the reply, a mark after each", () => {
  const messages: Message[] = [
    { role: "system", content: "You work." },
    { role: "user", content: "Work." },
  ];
  expect(sent(messages)).toEqual({
    model: "m",
    stream: true,
    max_tokens: 32_000,
    temperature: 0.6,
    tools: [
      { name: "bash", description: "Does.", input_schema: { type: "object" } },
      { name: "submit", description: "Does.", input_schema: { type: "object" }, ...mark },
    ],
    system: [{ type: "text", text: "You work.", ...mark }],
    messages: [{ role: "user", content: [{ type: "text", text: "Work.", ...mark }] }],
  });
  expect(sent(messages, { maxOutputTokens: 512 }).max_tokens).toBe(512);
  expect(JSON.stringify(sent(messages, { hostname: "api.z.ai" }))).not.toContain("cache_control");
});

test("never more than four marks, the last two on the ends of the user's last two messages", () => {
  const turn = (index: number): Message[] => [
    assistant({ toolCalls: [{ id: `c${index}`, name: "bash", arguments: "{}" }] }),
    { role: "tool", content: `${index}`, toolCallId: `c${index}` },
  ];
  const body = sent([{ role: "system", content: "s" }, { role: "user", content: "u" }, ...[1, 2, 3].flatMap(turn)]);
  expect(JSON.stringify(body).split("cache_control")).toHaveLength(1 + 4);
  const marked = body.messages.flatMap(({ content }, index) => (content.some((block) => "cache_control" in block) ? [index] : []));
  expect(marked).toEqual([4, 6]);
});

test("calls and their results; roles take turns; every call has a result", () => {
  const messages: Message[] = [
    { role: "user", content: "Go." },
    assistant({ content: "Look.", toolCalls: ["a:1", "b", "c"].map((id) => ({ id, name: "bash", arguments: '{"command":"ls"}' })) }),
    { role: "tool", content: "", toolCallId: "a:1" },
    { role: "tool", content: "\ud800half", toolCallId: "c" },
    { role: "user", content: "And?" },
    assistant({ content: "  " }),
    { role: "user", content: "" },
  ];
  const use = (id: string): object => ({ type: "tool_use", id, name: "bash", input: { command: "ls" } });
  expect(bare(sent(messages))).toEqual([
    { role: "user", content: [{ type: "text", text: "Go." }] },
    { role: "assistant", content: [{ type: "text", text: "Look." }, use("a_1"), use("b"), use("c")] },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "b", content: "This call was not made.", is_error: true },
        { type: "tool_result", tool_use_id: "a_1", content: "" },
        { type: "tool_result", tool_use_id: "c", content: "\ufffdhalf" },
        { type: "text", text: "And?" },
      ],
    },
    { role: "assistant", content: [{ type: "text", text: "(no text)" }] },
    { role: "user", content: [{ type: "text", text: "(no text)" }] },
  ]);
});

test("arguments that are no object are said as text, so that the request can be read", () => {
  const given = (text: string): unknown => {
    const [, reply] = sent([
      { role: "user", content: "u" },
      assistant({ toolCalls: [{ id: "1", name: "bash", arguments: text }] }),
    ]).messages;
    return reply?.content[0]?.["input"];
  };
  expect([given('{"a":1}'), given('{"cut'), given("[1]"), given("")]).toEqual([
    { a: 1 },
    { unreadable_arguments: '{"cut' },
    { unreadable_arguments: "[1]" },
    { unreadable_arguments: "" },
  ]);
});

test("signed reasoning goes back as it came and first; unsigned as it is; none where it is not wanted", () => {
  const signedReasoning = [
    { type: "thinking", thinking: "I think.", signature: "s1g" },
    { type: "redacted_thinking", data: "xyz" },
  ];
  const call = { toolCalls: [{ id: "1", name: "bash", arguments: "{}" }] };
  const blocks = (parts: object, options = {}): unknown => {
    const body = sent([{ role: "user", content: "u" }, assistant({ ...call, ...parts })], options);
    return body.messages[1]?.content.slice(0, -1);
  };
  expect(blocks({ reasoning: "I think.", signedReasoning })).toEqual(signedReasoning);
  expect(blocks({ reasoning: "I think." })).toEqual([{ type: "thinking", thinking: "I think.", signature: "" }]);
  expect(blocks({ reasoning: "I think.", signedReasoning }, { sendReasoning: false })).toEqual([]);
});

test("Anthropic is asked for one call at a time, and for no temperature where it takes none; what a config adds goes along", () => {
  const messages: Message[] = [{ role: "user", content: "u" }];
  const anthropic = { hostname: "api.anthropic.com" };
  const one = { tool_choice: { type: "auto", disable_parallel_tool_use: true } };
  expect(sent(messages, { ...anthropic, model: "claude-sonnet-4-5" })).toMatchObject({ ...one, temperature: 0.6 });
  const thinking = { thinking: { type: "adaptive" } };
  const newest = sent(messages, { ...anthropic, model: "claude-opus-4-7", extraBody: thinking });
  expect(newest).toMatchObject({ ...one, ...thinking, model: "claude-opus-4-7" });
  expect(newest).not.toHaveProperty("temperature");
  expect(sent(messages)).not.toHaveProperty("tool_choice");
});
