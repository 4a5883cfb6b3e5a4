import { afterAll, beforeAll, expect, test } from "vitest";
import { startAnsweringServer, type AnsweringServer } from "../answering-server.conformance.ts";
import type { TurnOutcome } from "../model.ts";
import { createAnthropicMessages } from "./anthropic-messages.ts";
import { messagesEvent } from "./messages-server.conformance.ts";

/** Deadline of the client, far more than the time between two pings; both in milliseconds. */
const stallMs = 200;
const pingMs = 20;

let server: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(async () => await server[Symbol.asyncDispose]());

type Event = Parameters<typeof messagesEvent>[0];

async function readAmongPings(before: readonly Event[], after: readonly Event[] | null): Promise<TurnOutcome> {
  server.answerWith((response, { closed }) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(before.map(messagesEvent).join("") + ": here\n\n");
    let pings = 0;
    const pinging = setInterval(() => {
      response.write(messagesEvent({ type: "ping" }));
      pings += 1;
      if (after === null || pings * pingMs < 2 * stallMs) return;
      clearInterval(pinging);
      response.end(after.map(messagesEvent).join(""));
    }, pingMs);
    void closed.then(() => clearInterval(pinging));
  });
  const options = { baseUrl: server.origin, model: "m", apiKey: null, firstByteMs: stallMs, stallMs };
  await using model = createAnthropicMessages(options);
  const request = { messages: [{ role: "user" as const, content: "Go." }], tools: [], temperature: 0, maxOutputTokens: null };
  return await model.prepare(request).send(new AbortController().signal);
}

const start: Event = { type: "message_start", message: { content: [], stop_reason: null } };
const thinking: Event = { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } };
const stop: Event = { type: "content_block_stop", index: 0 };
const text: Event = { type: "content_block_start", index: 1, content_block: { type: "text", text: "Yes." } };
const end: readonly Event[] = [{ type: "message_delta", delta: { stop_reason: "end_turn" } }, { type: "message_stop" }];

test("a server that only pings has sent nothing, and one that goes on pinging in the middle of its words has stalled", async () => {
  expect(await readAmongPings([], null)).toMatchObject({ ok: false, error: { failure: { code: "first-byte-timeout" } } });
  expect(await readAmongPings([start, text], null)).toMatchObject({ ok: false, error: { failure: { code: "stalled" } } });
  expect(await readAmongPings([start, thinking, stop], null)).toMatchObject({ ok: false, error: { failure: { code: "stalled" } } });
});

test("a thought that is not shown may take its time among pings", async () => {
  const signed: Event = { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "S" } };
  const outcome = await readAmongPings([start, thinking], [signed, stop, text, ...end]);
  expect(outcome).toMatchObject({
    ok: true,
    value: { message: { content: "Yes.", reasoning: null, signedReasoning: [{ type: "thinking", thinking: "", signature: "S" }] } },
  });
});
