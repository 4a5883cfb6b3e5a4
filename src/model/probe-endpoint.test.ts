import { afterEach, beforeEach, expect, test } from "vitest";
import { startAnsweringServer, type AnsweringServer } from "./answering-server.conformance.ts";
import { createAnthropicMessages } from "./anthropic-messages/anthropic-messages.ts";
import { streamOf as messagesOf } from "./anthropic-messages/messages-server.conformance.ts";
import { replyOf } from "./reply-of.conformance.ts";
import type { Dialect } from "./model-config.ts";
import { createOpenAiChat } from "./openai-chat/openai-chat.ts";
import { streamOf as chatOf } from "./openai-chat/chat-server.conformance.ts";
import { probeEndpoint, type EndpointProbe } from "./probe-endpoint.ts";

let server: AnsweringServer;
beforeEach(async () => {
  server = await startAnsweringServer();
});
afterEach(async () => await server[Symbol.asyncDispose]());

const create = { "openai-chat": createOpenAiChat, "anthropic-messages": createAnthropicMessages };
const streams = { "openai-chat": chatOf, "anthropic-messages": messagesOf };
const called = {
  ...replyOf({ reasoning: "Hm.", toolCalls: [{ id: "c1", name: "bash", arguments: '{"command":"echo hello"}' }] }),
  finish: "tool-calls" as const,
  usage: { input: 90, cached: 0, output: 20 },
};
const said = { ...replyOf({ content: "Done." }), usage: { input: 130, cached: 64, output: 2 } };

interface Planned {
  readonly status?: number;
  readonly body: string;
  readonly type?: string;
}

/** Answers questions in the given order; the list of models names `m`. */
async function probe(dialect: Dialect, answers: readonly Planned[]): Promise<EndpointProbe> {
  const left = [...answers];
  server.answerWith((response, { path }) => {
    const listing: Planned = { body: '{"data":[{"id":"m","max_model_len":4096}]}', type: "application/json" };
    const {
      status = 200,
      body,
      type = "text/event-stream",
    } = path.includes("/models") ? listing : (left.shift() ?? { body: "", status: 500 });
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await using model = create[dialect]({ baseUrl: server.origin, model: "m", apiKey: null, firstByteMs: 5000, stallMs: 5000 });
  return await probeEndpoint(model, { temperature: 0.6, maxOutputTokens: null }, new AbortController().signal);
}

test.each(["openai-chat", "anthropic-messages"] as const)("a server of %s that does all a run needs", async (dialect) => {
  const answers = [called, said].map((reply) => ({ body: streams[dialect](reply).events.join("") }));
  expect(await probe(dialect, answers)).toMatchObject({
    listing: { isListed: true, context: 4096 },
    failure: null,
    reply: { finish: "tool-calls", message: { reasoning: "Hm." } },
    streamed: true,
    secondTurn: { failure: null, usage: { cached: 64 } },
    questions: 2,
    usage: { input: 220, cached: 64, output: 22 },
  });
  const [, first, second] = server.received.map(({ body }) => body);
  expect(first).toContain("echo hello");
  expect(second).toContain('hello\\n"');
  expect(second).toContain("Hm.");
  expect(server.received).toHaveLength(3);
});

test("a server that refuses the first question is asked no second, and what the refusal cost is known", async () => {
  const body = JSON.stringify({ error: { message: "The key is wrong.", code: "invalid_api_key" } });
  const refused = await probe("openai-chat", [{ status: 401, body, type: "application/json" }]);
  const usage = { input: 0, output: 0 };
  expect(refused).toMatchObject({ failure: { failure: { code: "unauthorized" } }, reply: null, streamed: null, questions: 1, usage });
  expect(server.received).toHaveLength(2);
});

test("a server that takes its own reasoning not back is found at the second question, with what the first one cost", async () => {
  const body = JSON.stringify({ error: { message: "property 'reasoning_content' is unsupported" } });
  const first = { body: streams["openai-chat"](called).events.join("") };
  const found = await probe("openai-chat", [first, { status: 400, body, type: "application/json" }]);
  expect(found).toMatchObject({ secondTurn: { failure: { failure: { code: "bad-request" } } }, usage: { input: 90, output: 20 } });
});

test("a reply that came whole, without a call, is both seen", async () => {
  const message = { role: "assistant", content: "I cannot." };
  const body = JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }] });
  const found = await probe("openai-chat", [{ body, type: "application/json" }]);
  expect(found).toMatchObject({ streamed: false, secondTurn: null, questions: 1, usage: { input: null, cached: null, output: null } });
});
