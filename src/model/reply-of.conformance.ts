import type { AssistantMessage, ModelReply } from "../records/message.ts";

/** A reply with only the given parts of a message. */
export function replyOf(parts: Partial<AssistantMessage>): ModelReply {
  return {
    message: { role: "assistant", content: "", reasoning: null, toolCalls: [], ...parts },
    finish: "stop",
    usage: { input: null, cached: null, output: null },
  };
}
