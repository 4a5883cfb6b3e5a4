/** One call of a tool in a conversation, in OpenAI's shape; arguments as JSON text or as the object it says. */
export interface ChatToolCall {
  readonly id?: string;
  readonly type?: "function";
  readonly function: { readonly name: string; readonly arguments: string | object };
}

/** A message as a chat template sees it. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly tool_call_id?: string;
}

/** `tools`: function schemas for the template to write; null: none, or they stand in the system message already. */
export interface Conversation {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly object[] | null;
}

/**
 * Why a conversation has no tokens that a trainer could use. `special-token-in-text`: a message holds one of the tokens that part
 * messages; `spans-not-found`: the template writes an assistant's words where they cannot be told from its own.
 */
export interface RenderProblem {
  readonly reason: "template-failed" | "lone-surrogate" | "special-token-in-text" | "spans-not-found";
  readonly message: string;
}
