import type { AssistantMessage, Message } from "../records/message.ts";

/** Tokens of so many bytes: four bytes a token, as a rule of thumb; the same for the same bytes. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / 4);
}

export function tokensOfReply(message: AssistantMessage): number {
  return tokensOfBytes(bytesOf(message));
}

/** Input tokens a prefix cache would have: all that the conversation's previous request held, so all before the last reply. */
export function cachedTokens(messages: readonly Message[], inputTokens: number): number {
  const last = messages.findLastIndex((message) => message.role === "assistant");
  if (last === -1) return 0;
  const fresh = messages.slice(last).reduce((sum, message) => sum + bytesOf(message), 0);
  return Math.max(0, inputTokens - tokensOfBytes(fresh));
}

function bytesOf(message: Message): number {
  const content = Buffer.byteLength(message.content);
  if (message.role !== "assistant") return content;
  const calls = message.toolCalls.reduce((sum, call) => sum + call.name.length + Buffer.byteLength(call.arguments), 0);
  return content + Buffer.byteLength(message.reasoning ?? "") + calls;
}
