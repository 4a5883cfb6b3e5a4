import { afterAll, beforeAll, expect, test } from "vitest";
import { startAnsweredModel, usualTurn, type AnsweredModel } from "../answered-model.conformance.ts";
import type { TurnOutcome } from "../model.ts";
import { createAnthropicMessages } from "./anthropic-messages.ts";
import { messagesEvent } from "./messages-server.conformance.ts";

let answered: AnsweredModel;
beforeAll(async () => {
  answered = await startAnsweredModel(createAnthropicMessages);
});
afterAll(() => answered[Symbol.asyncDispose]());

type Event = Parameters<typeof messagesEvent>[0];

async function read(...events: readonly Event[]): Promise<TurnOutcome> {
  answered.server.answerWith(
    (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(events.map(messagesEvent).join("")),
  );
  return await answered.ask();
}

async function readWhole(body: object): Promise<TurnOutcome> {
  answered.server.answerWith((response) => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body)));
  return await answered.ask();
}

const start = (usage: object = {}): Event => ({ type: "message_start", message: { content: [], stop_reason: null, usage } });
const begin = (index: number, block: object): Event => ({ type: "content_block_start", index, content_block: block });
const delta = (index: number, part: object): Event => ({ type: "content_block_delta", index, delta: part });
const end = (reason: string, usage: object = {}): Event => ({ type: "message_delta", delta: { stop_reason: reason }, usage });

test("thought with its signature, and redacted, is kept as it came", async () => {
  const outcome = await read(
    start(),
    begin(0, { type: "thinking", thinking: "", signature: "" }),
    delta(0, { type: "thinking_delta", thinking: "First " }),
    delta(0, { type: "thinking_delta", thinking: "this." }),
    delta(0, { type: "signature_delta", signature: "Abc" }),
    delta(0, { type: "signature_delta", signature: "=" }),
    begin(1, { type: "redacted_thinking", data: "hidden" }),
    begin(2, { type: "text", text: "" }),
    delta(2, { type: "text_delta", text: "Yes." }),
    end("end_turn"),
    { type: "message_stop" },
  );
  expect(outcome).toMatchObject({
    ok: true,
    value: {
      finish: "stop",
      message: {
        content: "Yes.",
        reasoning: "First this.",
        signedReasoning: [
          { type: "thinking", thinking: "First this.", signature: "Abc=" },
          { type: "redacted_thinking", data: "hidden" },
        ],
      },
    },
  });
});

test("thought without a signature is reasoning and nothing else", async () => {
  const outcome = await readWhole({
    type: "message",
    content: [
      { type: "thinking", thinking: "Hm." },
      { type: "tool_use", id: "t1", name: "bash", input: { command: "ls" } },
    ],
    stop_reason: "tool_use",
    usage: { input_tokens: 5, output_tokens: 7 },
  });
  expect(outcome).toEqual({
    ok: true,
    value: {
      finish: "tool-calls",
      message: { role: "assistant", content: "", reasoning: "Hm.", toolCalls: [{ id: "t1", name: "bash", arguments: '{"command":"ls"}' }] },
      usage: { input: 5, cached: null, output: 7 },
    },
  });
});

test("tokens read from the cache and written to it are part of the input, and told apart", async () => {
  const counted = await read(
    start({ input_tokens: 10, cache_creation_input_tokens: 300, cache_read_input_tokens: 4000, output_tokens: 1 }),
    begin(0, { type: "text", text: "Hi" }),
    end("end_turn", { output_tokens: 25 }),
  );
  expect(counted).toMatchObject({ ok: true, value: { usage: { input: 4310, cached: 4000, cacheWritten: 300, output: 25 } } });
  // z.ai counts at the end alone.
  const late = await read(
    start({ input_tokens: 0, output_tokens: 0 }),
    end("end_turn", { input_tokens: 9, cache_read_input_tokens: 90, output_tokens: 2 }),
  );
  expect(late).toMatchObject({ ok: true, value: { usage: { input: 99, cached: 90, output: 2 } } });
  expect(await read(start(), end("end_turn"))).toMatchObject({ ok: true, value: { usage: { input: null, cached: null, output: null } } });
});

test.each([
  ["tool_use", "tool-calls"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["refusal", "filter"],
  ["pause_turn", "other"],
])("the stop reason %s is %s", async (reason, finish) => {
  expect(await read(start(), begin(0, { type: "text", text: "x" }), end(reason))).toMatchObject({ ok: true, value: { finish } });
});

test.each([
  ["overloaded_error", "server-error"],
  ["api_error", "server-error"],
  ["rate_limit_error", "rate-limited"],
  ["authentication_error", "unauthorized"],
  ["billing_error", "no-credit"],
  ["invalid_request_error", "bad-request"],
])("%s inside a stream is %s", async (type, code) => {
  const outcome = await read(start(), begin(0, { type: "text", text: "half" }), { type: "error", error: { type, message: "No." } });
  expect(outcome).toMatchObject({ ok: false, error: { failure: { code } } });
});

test("a call without input is an empty object; several are kept apart; a call in the text is found", async () => {
  const outcome = await read(
    start(),
    begin(0, { type: "tool_use", id: "a", name: "submit", input: {} }),
    begin(1, { type: "tool_use", id: "b", name: "bash", input: {} }),
    delta(1, { type: "input_json_delta", partial_json: '{"command":' }),
    delta(1, { type: "input_json_delta", partial_json: '"ls"}' }),
    end("tool_use"),
  );
  expect(outcome).toMatchObject({
    ok: true,
    value: {
      message: {
        toolCalls: [
          { name: "submit", arguments: "{}" },
          { name: "bash", arguments: '{"command":"ls"}' },
        ],
      },
    },
  });
  const text = 'So. <tool_call>{"name": "bash", "arguments": {"command": "ls"}}</tool_call>';
  expect(await read(start(), begin(0, { type: "text", text }), end("end_turn"))).toMatchObject({
    ok: true,
    value: { message: { content: "So.", toolCalls: [{ id: "call_0", name: "bash" }] } },
  });
});

test("a server that gives up in the middle has cut its reply", async () => {
  expect(await read(start(), begin(0, { type: "text", text: "x" }), end("network_error"))).toMatchObject({
    ok: false,
    error: { failure: { code: "cut" } },
  });
});

test("a reply without any block is an empty one, streamed or whole", async () => {
  const empty = { ok: true, value: { finish: "stop", message: { role: "assistant", content: "", reasoning: null, toolCalls: [] } } };
  expect(await read(start(), end("end_turn"), { type: "message_stop" })).toMatchObject(empty);
  expect(await readWhole({ type: "message", content: [], stop_reason: "end_turn" })).toMatchObject(empty);
});

test("a call of a tool that was not offered is read as it is", async () => {
  const call = { type: "tool_use", id: "x", name: "web_search", input: { query: "q" } };
  expect(await readWhole({ type: "message", content: [call], stop_reason: "tool_use" })).toMatchObject({
    ok: true,
    value: { message: { toolCalls: [{ id: "x", name: "web_search", arguments: '{"query":"q"}' }] } },
  });
});

test("the key goes where servers look for it, or where the user says; no header of another name holds it", async () => {
  const options = { baseUrl: answered.server.origin, model: "m", apiKey: { reveal: () => "key-123456" }, firstByteMs: 5000, stallMs: 5000 };
  const sentBy = async (quirks: NonNullable<Parameters<typeof createAnthropicMessages>[0]["quirks"]>): Promise<unknown> => {
    await using one = createAnthropicMessages({ ...options, quirks });
    answered.server.answerWith((response) => void response.writeHead(500).end());
    await one.prepare(usualTurn).send(new AbortController().signal);
    const headers = answered.server.received.at(-1)?.headers ?? {};
    return Object.fromEntries(Object.entries(headers).filter(([, value]) => String(value).includes("key-123456")));
  };
  expect(await sentBy({})).toEqual({ "x-api-key": "key-123456", authorization: "Bearer key-123456" });
  expect(await sentBy({ key: ["authorization"] })).toEqual({ authorization: "Bearer key-123456" });
  expect(await sentBy({ key: ["x-api-key"] })).toEqual({ "x-api-key": "key-123456" });
  expect(answered.server.received.at(-1)?.headers["anthropic-version"]).toBe("2023-06-01");
});
