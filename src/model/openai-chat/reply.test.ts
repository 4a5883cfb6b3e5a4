import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelReply } from "../../records/message.ts";
import { startAnsweredModel, usualTurn, type AnsweredModel } from "../answered-model.conformance.ts";
import { replyOf } from "../reply-of.conformance.ts";
import type { TurnOutcome, TurnRequest } from "../model.ts";
import { chatEvent, deltaEvent, doneEvent, usageEvent } from "./chat-server.conformance.ts";
import { createOpenAiChat } from "./openai-chat.ts";

let answered: AnsweredModel;
beforeAll(async () => {
  answered = await startAnsweredModel(createOpenAiChat);
});
afterAll(() => answered[Symbol.asyncDispose]());

async function outcomeOf(events: readonly string[], turn?: TurnRequest): Promise<TurnOutcome> {
  answered.server.answerWith((response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(events.join("")));
  return answered.ask(turn);
}

async function read(events: readonly string[], turn?: TurnRequest): Promise<ModelReply> {
  const outcome = await outcomeOf(events, turn);
  if (!outcome.ok) throw new Error(outcome.error.failure.message);
  return outcome.value;
}

function content(...texts: string[]): string[] {
  return [...texts.map((text) => deltaEvent({ content: text })), deltaEvent({}, "stop"), doneEvent];
}

function calls(...deltas: unknown[]): string[] {
  return [...deltas.map((delta) => deltaEvent({ tool_calls: [delta] })), deltaEvent({}, "tool_calls"), doneEvent];
}

function bash(command: string, id: string): { id: string; name: string; arguments: string } {
  return { id, name: "bash", arguments: command };
}

test.each([
  ["stop", "stop"],
  ["tool_calls", "tool-calls"],
  ["length", "length"],
  ["content_filter", "filter"],
  ["sensitive", "filter"],
  ["something_new", "other"],
])("finish reason %s is %s", async (told, finish) => {
  expect((await read([deltaEvent({ content: "a" }), deltaEvent({}, told)])).finish).toBe(finish);
});

test.each(["network_error", "abort"])("a server that names %s as its reason gave up: cut, never a reply", async (reason) => {
  expect(await outcomeOf([deltaEvent({ content: "half" }), deltaEvent({}, reason), doneEvent])).toMatchObject({
    ok: false,
    error: { failure: { code: "cut" } },
  });
});

test("usage: absent is unknown, zero is zero, the last word counts, no choices are no harm", async () => {
  expect((await read(content("a"))).usage).toEqual({ input: null, cached: null, output: null });
  const told = [deltaEvent({ content: "a" }, "stop"), chatEvent({ id: "c" }), usageEvent({ prompt_tokens: 9, completion_tokens: 1 })];
  expect((await read(told)).usage).toEqual({ input: 9, cached: null, output: 1 });
  expect((await read([...told, usageEvent({ prompt_tokens: 9, prompt_tokens_details: { cached_tokens: 0 } })])).usage).toEqual({
    input: 9,
    cached: 0,
    output: 1,
  });
  expect((await read([...told, usageEvent({ prompt_tokens_details: null }), usageEvent(null)])).usage.cached).toBeNull();
  expect((await read([deltaEvent({}, "stop"), usageEvent({ prompt_tokens: -1, completion_tokens: 1.5 })])).usage.input).toBeNull();
});

test("usage that was told goes along with a failure", async () => {
  const outcome = await outcomeOf([deltaEvent({ content: "a" }), usageEvent({ prompt_tokens: 9, completion_tokens: 1 })]);
  expect(outcome).toMatchObject({ error: { failure: { code: "cut" }, usage: { input: 9, cached: null, output: 1 } } });
});

test("reasoning comes by either name, once where a server sends both", async () => {
  const both = { reasoning_content: "think", reasoning: "think" };
  expect((await read([deltaEvent(both), ...content("say")])).message).toEqual(replyOf({ content: "say", reasoning: "think" }).message);
  expect((await read([deltaEvent({ reasoning: "think" }), ...content("say")])).message.reasoning).toBe("think");
  expect((await read([deltaEvent({ reasoning: "", reasoning_content: null }), ...content("say")])).message.reasoning).toBeNull();
});

test("thought at the head of the text is reasoning, unless reasoning came by itself", async () => {
  expect((await read(content("<thi", "nk>\nhm\n</think>\n\nsay"))).message).toEqual(replyOf({ content: "say", reasoning: "hm" }).message);
  const sent = await read([deltaEvent({ reasoning: "r" }), ...content("<think>a</think>b")]);
  expect(sent.message).toEqual(replyOf({ content: "<think>a</think>b", reasoning: "r" }).message);
});

test("calls are put together by index, interleaved and unnumbered", async () => {
  const interleaved = calls(
    { index: 0, id: "a", function: { name: "bash", arguments: "{1" } },
    { index: 1, id: "b", function: { name: "bash" } },
    { index: 0, function: { arguments: "}" } },
    { index: 1, function: { arguments: "{2}" } },
  );
  expect((await read(interleaved)).message.toolCalls).toEqual([bash("{1}", "a"), bash("{2}", "b")]);
  const unnumbered = calls(
    { id: "a", function: { name: "bash", arguments: "{1" } },
    { function: { arguments: "}" } },
    { id: "b", function: { name: "bash", arguments: "{2}" } },
  );
  expect((await read(unnumbered)).message.toolCalls).toEqual([bash("{1}", "a"), bash("{2}", "b")]);
  const allZero = calls(
    { index: 0, id: "a", function: { name: "bash", arguments: "{1}" } },
    { index: 0, id: "b", function: { name: "bash", arguments: "{2}" } },
  );
  expect((await read(allZero)).message.toolCalls).toEqual([bash("{1}", "a"), bash("{2}", "b")]);
  const repeating = calls(
    { index: 0, id: "a", function: { name: "bash", arguments: "{1" } },
    { index: 0, id: "a", function: { name: "bash", arguments: "}" } },
  );
  expect((await read(repeating)).message.toolCalls).toEqual([bash("{1}", "a")]);
});

test("arguments sent as an object, and malformed ones, as they are", async () => {
  const odd = calls({ index: 0, id: "a", function: { name: "bash", arguments: { command: "ls" } } });
  expect((await read(odd)).message.toolCalls[0]?.arguments).toBe('{"command":"ls"}');
  const broken = calls({ index: 0, id: "a", function: { name: "bash", arguments: '{"command": "l' } });
  expect((await read(broken)).message.toolCalls[0]?.arguments).toBe('{"command": "l');
});

test("missing ids are positions in the conversation; doubled ids are told apart", async () => {
  const nameless = calls(
    { index: 0, function: { name: "bash", arguments: "{}" } },
    { index: 1, function: { name: "bash", arguments: "{}" } },
  );
  expect((await read(nameless)).message.toolCalls.map(({ id }) => id)).toEqual(["call_0", "call_1"]);
  const earlier = replyOf({ toolCalls: [bash("{}", "call_0"), bash("{}", "call_1")] }).message;
  const later = { ...usualTurn, messages: [...usualTurn.messages, earlier] };
  expect((await read(nameless, later)).message.toolCalls.map(({ id }) => id)).toEqual(["call_2", "call_3"]);
  const doubled = calls({ index: 0, id: "x", function: { name: "bash" } }, { index: 1, id: "x", function: { name: "bash" } });
  expect((await read(doubled)).message.toolCalls.map(({ id }) => id)).toEqual(["x", "call_1"]);
});

const inline = '<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>';

test("a whole call in the text is read where none is structured and tools were offered", async () => {
  const expected = replyOf({ content: "Look.", toolCalls: [bash('{"command":"ls"}', "call_0")] }).message;
  expect((await read(content("Look.\n", inline))).message).toEqual(expected);
  expect((await read(content(inline), { ...usualTurn, tools: [] })).message.content).toBe(inline);
  const structured = [deltaEvent({ tool_calls: [{ index: 0, id: "a", function: { name: "bash", arguments: "{}" } }] }), ...content(inline)];
  expect((await read(structured)).message).toEqual(replyOf({ content: inline, toolCalls: [bash("{}", "a")] }).message);
  const thought = await read(content(`<think>${inline}</think>Done.`));
  expect(thought.message).toEqual(replyOf({ content: "Done.", reasoning: inline }).message);
});

test("a server that does not stream is read too", async () => {
  const message = {
    role: "assistant",
    content: null,
    reasoning: "r",
    tool_calls: [{ id: "a", function: { name: "bash", arguments: "{}" } }],
  };
  const whole = { choices: [{ index: 0, message, finish_reason: "tool_calls" }], usage: { prompt_tokens: 5, completion_tokens: 2 } };
  const json = { "content-type": "application/json" };
  answered.server.answerWith((response) => void response.writeHead(200, json).end(JSON.stringify(whole)));
  expect(await answered.ask()).toMatchObject({
    ok: true,
    value: { finish: "tool-calls", message: { content: "", reasoning: "r", toolCalls: [bash("{}", "a")] }, usage: { input: 5 } },
  });
  answered.server.answerWith((response) => void response.writeHead(200, json).end(JSON.stringify({ error: { message: "no", code: 429 } })));
  expect(await answered.ask()).toMatchObject({ error: { failure: { code: "rate-limited" } } });
  answered.server.answerWith((response) => void response.writeHead(200, json).end('{"choices": [{"mess'));
  expect(await answered.ask()).toMatchObject({ error: { failure: { code: "malformed-reply" } } });
});

test("other line ends, a last event without its empty line, and parts of other kinds are read", async () => {
  expect((await read(content("a").map((event) => event.replaceAll("\n", "\r\n")))).message.content).toBe("a");
  expect((await read([deltaEvent({ content: "a" }), deltaEvent({}, "stop").trimEnd()])).message.content).toBe("a");
  expect((await read(["event: message\nid: 1\n", ...content("a")])).message.content).toBe("a");
  expect((await read([chatEvent({ prompt_filter_results: [] }), ...content("a")])).message.content).toBe("a");
});

test("an error in a stream by its code; after its finish reason too", async () => {
  const overflow = chatEvent({ error: { message: "maximum context length is 9 tokens", code: 400 } });
  expect(await outcomeOf([deltaEvent({ content: "a" }), overflow])).toMatchObject({ error: { failure: { code: "context-overflow" } } });
  expect(await outcomeOf([deltaEvent({}, "stop"), chatEvent({ error: "died" })])).toMatchObject({
    error: { failure: { code: "server-error" } },
  });
});

test("an event larger than any real one ends the reply", async () => {
  answered.server.answerWith((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const piece = "x".repeat(2 ** 20);
    response.write("data: ");
    const more = (): void => {
      if (!response.destroyed) response.write(piece, more);
    };
    more();
  });
  expect(await answered.ask()).toMatchObject({ error: { failure: { code: "malformed-reply" } } });
  await answered.server.received.at(-1)?.closed;
});
