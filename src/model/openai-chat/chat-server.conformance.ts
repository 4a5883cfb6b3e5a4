import type { ModelReply } from "../../records/message.ts";

/** What an OpenAI-compatible server writes, for tests. */

export function chatEvent(chunk: unknown): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** An event with one delta. */
export function deltaEvent(delta: unknown, finish: string | null = null): string {
  return chatEvent({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }], usage: null });
}

export function usageEvent(usage: unknown): string {
  return chatEvent({ id: "c", choices: [], usage });
}

export const doneEvent = "data: [DONE]\n\n";

/** The events of a reply, every text in pieces of three characters. */
export function streamOf(reply: ModelReply): { events: string[]; beforeFinish: number } {
  const { content, reasoning, toolCalls } = reply.message;
  const { input, cached, output } = reply.usage;
  const events = [
    deltaEvent({ role: "assistant", content: "" }),
    ...pieces(reasoning ?? "").map((piece) => deltaEvent({ reasoning_content: piece })),
    ...pieces(content).map((piece) => deltaEvent({ content: piece })),
    ...toolCalls.flatMap((call, index) => [
      deltaEvent({ content: null, tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }] }),
      ...pieces(call.arguments).map((piece) => deltaEvent({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
  ];
  const finish = reply.finish === "tool-calls" ? "tool_calls" : reply.finish;
  const usage = usageEvent({ prompt_tokens: input, completion_tokens: output, prompt_tokens_details: { cached_tokens: cached } });
  return { events: [...events, deltaEvent({}, finish), usage, doneEvent], beforeFinish: events.length };
}

function pieces(text: string): string[] {
  return text.match(/[^]{1,3}/gu) ?? [];
}
