import type { ModelReply } from "../../records/message.ts";

/** What a server of Anthropic's Messages writes, for tests. */

export function messagesEvent(data: { readonly type: string; readonly [member: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

interface SaidBlock {
  readonly start: object;
  readonly deltas: readonly object[];
}

/** The events of a reply, every text in pieces of three characters. */
export function streamOf(reply: ModelReply): { events: string[]; beforeFinish: number } {
  const { content, reasoning, signedReasoning, toolCalls } = reply.message;
  const { input, cached, output, cacheWritten = 0 } = reply.usage;
  const signature = typeof signedReasoning?.[0]?.["signature"] === "string" ? signedReasoning[0]["signature"] : "";
  const blocks: SaidBlock[] = [
    ...(reasoning === null ? [] : [thought(reasoning, signature)]),
    ...(content === ""
      ? []
      : [{ start: { type: "text", text: "" }, deltas: pieces(content).map((text) => ({ type: "text_delta", text })) }]),
    ...toolCalls.map(({ id, name, arguments: given }) => ({
      start: { type: "tool_use", id, name, input: {} },
      deltas: pieces(given).map((piece) => ({ type: "input_json_delta", partial_json: piece })),
    })),
  ];
  const usage = {
    input_tokens: (input ?? 0) - (cached ?? 0) - cacheWritten,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: cacheWritten,
  };
  const events = [
    messagesEvent({
      type: "message_start",
      message: { role: "assistant", content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
    }),
    messagesEvent({ type: "ping" }),
    ...blocks.flatMap(({ start, deltas }, index) => [
      messagesEvent({ type: "content_block_start", index, content_block: start }),
      ...deltas.map((delta) => messagesEvent({ type: "content_block_delta", index, delta })),
      messagesEvent({ type: "content_block_stop", index }),
    ]),
  ];
  const finish = reply.finish === "tool-calls" ? "tool_use" : "end_turn";
  const end = messagesEvent({
    type: "message_delta",
    delta: { stop_reason: finish, stop_sequence: null },
    usage: { output_tokens: output },
  });
  return { events: [...events, end, messagesEvent({ type: "message_stop" })], beforeFinish: events.length };
}

function thought(reasoning: string, signature: string): SaidBlock {
  const deltas = pieces(reasoning).map((thinking) => ({ type: "thinking_delta", thinking }));
  return { start: { type: "thinking", thinking: "", signature: "" }, deltas: [...deltas, { type: "signature_delta", signature }] };
}

function pieces(text: string): string[] {
  return text.match(/[^]{1,3}/gu) ?? [];
}
