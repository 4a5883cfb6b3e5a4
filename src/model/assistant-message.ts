import type { AssistantMessage, ToolCall } from "../records/message.ts";
import { splitThought, takeCalls } from "./inline-markup.ts";
import type { ReplyContext } from "./reply-reader.ts";
import { withIds } from "./tool-call-ids.ts";

/** What a server said in one reply, each part under its own name as far as the server has names for them. */
export interface Said {
  readonly content: string;
  /** null: none under a name of its own. */
  readonly reasoning: string | null;
  readonly toolCalls: readonly ToolCall[];
}

/** One message of it: thought and calls that the server left in the text are taken out of it (design §6), and every call has an id. */
export function assistantMessage(
  { content: text, reasoning: thought, toolCalls: structured }: Said,
  context: ReplyContext,
): AssistantMessage {
  const { reasoning, content: rest } = thought === null ? splitThought(text) : { reasoning: thought, content: text };
  const isFallBack = structured.length === 0 && context.toolsOffered;
  const { content, toolCalls } = isFallBack ? takeCalls(rest) : { content: rest, toolCalls: structured };
  return { role: "assistant", content, reasoning, toolCalls: withIds(toolCalls, context.firstCall) };
}
