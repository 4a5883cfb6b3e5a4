import type { Result } from "../base/result.ts";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly unknown[];
  readonly tool_call_id?: string;
}

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly object[] | null;
}

/** `labels`: -100 = no loss; `ends`: tokens up to and with each message. */
export interface Rendered {
  readonly ids: Int32Array;
  readonly labels: Int32Array;
  readonly ends: readonly number[];
}

export interface RenderProblem {
  readonly reason: string;
  readonly message: string;
}

export interface Tokenizer extends AsyncDisposable {
  readonly name: string;
  readonly id: string;
  readonly vocabularySize: number;
  render(conversation: Conversation): Promise<Result<Rendered, RenderProblem>>;
  count(conversation: Conversation): Promise<Result<readonly number[], RenderProblem>>;
  countText(text: string): Promise<number>;
  countMany(conversations: AsyncIterable<Conversation> | Iterable<Conversation>): AsyncIterable<Result<readonly number[], RenderProblem>>;
}

export async function openTokenizer(
  _place: string,
  _options: { workers?: number; cacheFolder?: string | null } = {},
): Promise<Result<Tokenizer, { code: string; message: string }>> {
  throw new Error("stand-in: branch tokens has the tokenizer");
}
