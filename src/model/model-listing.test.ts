import { afterEach, beforeEach, expect, test } from "vitest";
import { startAnsweringServer, type AnsweringServer } from "./answering-server.conformance.ts";
import { createAnthropicMessages } from "./anthropic-messages/anthropic-messages.ts";
import type { ModelListing } from "./model-listing.ts";
import { createOpenAiChat } from "./openai-chat/openai-chat.ts";

const signal = new AbortController().signal;
let server: AnsweringServer;
beforeEach(async () => {
  server = await startAnsweringServer();
});
afterEach(async () => await server[Symbol.asyncDispose]());

async function listingOf(status: number, body: string): Promise<ModelListing> {
  server.answerWith((response) => void response.writeHead(status, { "content-type": "application/json" }).end(body));
  const options = { baseUrl: `${server.origin}/v1`, model: "m", apiKey: { reveal: () => "key-123456" }, firstByteMs: 1000, stallMs: 1000 };
  await using chat = createOpenAiChat(options);
  await using messages = createAnthropicMessages(options);
  const [one, other] = [await chat.listing(signal), await messages.listing(signal)];
  expect(other).toEqual(one);
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
  expect(await listingOf(200, listing(entry))).toEqual({ isListed: true, context, names: ["other", "m"] });
});

const nothing: ModelListing = { isListed: null, context: null, names: [] };
const lacking = (more: object = {}): string => JSON.stringify({ data: [{ id: "n", max_model_len: 9 }], ...more });

test.each([
  ["that is refused", 404, "{}", nothing],
  ["that is no JSON", 200, "<html>", nothing],
  ["of another shape", 200, "[]", nothing],
  ["without the model", 200, lacking(), { ...nothing, isListed: false, names: ["n"] }],
  ["of which a page was sent", 200, lacking({ has_more: true }), { ...nothing, names: ["n"] }],
])("a list %s says no more than it does", async (_, status, body, said) => {
  expect(await listingOf(status, body)).toEqual(said);
});

test("the list is asked for beside the dialect's route, with its key", async () => {
  await listingOf(200, listing({}));
  expect(server.received.map(({ path }) => path)).toEqual(["/v1/models", "/v1/models?limit=1000"]);
  expect(server.received.map(({ headers }) => [headers.authorization, headers["x-api-key"]])).toEqual([
    ["Bearer key-123456", undefined],
    ["Bearer key-123456", "key-123456"],
  ]);
});
