import { afterEach, beforeEach, expect, test } from "vitest";
import { startAnsweringServer, type AnsweringServer } from "./answering-server.conformance.ts";
import { createAnthropicMessages } from "./anthropic-messages/anthropic-messages.ts";
import { createOpenAiChat } from "./openai-chat/openai-chat.ts";

const signal = new AbortController().signal;
let server: AnsweringServer;
beforeEach(async () => {
  server = await startAnsweringServer();
});
afterEach(async () => await server[Symbol.asyncDispose]());

async function contextOf(status: number, body: string): Promise<number | null> {
  server.answerWith((response) => void response.writeHead(status, { "content-type": "application/json" }).end(body));
  const options = { baseUrl: `${server.origin}/v1`, model: "m", apiKey: { reveal: () => "key-123456" }, firstByteMs: 1000, stallMs: 1000 };
  await using chat = createOpenAiChat(options);
  await using messages = createAnthropicMessages(options);
  const [one, other] = [await chat.context(signal), await messages.context(signal)];
  expect(other).toBe(one);
  return one;
}

const listing = (entry: object): string =>
  JSON.stringify({
    object: "list",
    data: [
      { id: "other", max_model_len: 1 },
      { id: "m", ...entry },
    ],
  });

test.each([
  [{ max_model_len: 40_960 }, 40_960],
  [{ context_length: 200_000 }, 200_000],
  [{ max_input_tokens: 1_000_000 }, 1_000_000],
  [{ meta: { n_ctx: 8192 } }, 8192],
  [{}, null],
  [{ max_model_len: 0 }, null],
])("a server that lists %j has a context of %s", async (entry, context) => {
  expect(await contextOf(200, listing(entry))).toBe(context);
});

test("a list that is refused, or that cannot be read, or without the model, says nothing", async () => {
  for (const [status, body] of [
    [404, "{}"],
    [200, "<html>"],
    [200, '{"data":[{"id":"n","max_model_len":9}]}'],
    [200, "[]"],
  ] as const)
    expect(await contextOf(status, body)).toBeNull();
});

test("the list is asked for beside the dialect's route, with its key", async () => {
  await contextOf(200, listing({}));
  expect(server.received.map(({ path }) => path)).toEqual(["/v1/models", "/v1/models"]);
  expect(server.received.map(({ headers }) => [headers.authorization, headers["x-api-key"]])).toEqual([
    ["Bearer key-123456", undefined],
    ["Bearer key-123456", "key-123456"],
  ]);
});
