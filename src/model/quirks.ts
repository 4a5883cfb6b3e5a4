/** How servers of one dialect differ in what they take, as data. */
export interface Quirks {
  /** What the bound on a reply's tokens is called. */
  readonly maxTokens: "max_tokens" | "max_completion_tokens";
  /** The bound where the request sets none; null: none is sent (a dialect may need one). */
  readonly usualMaxTokens: number | null;
  /** Whether a temperature may be sent. */
  readonly temperature: boolean;
  /** Under what names earlier reasoning is sent back in a message; none: not at all. Anthropic's blocks have no name to choose. */
  readonly reasoning: readonly ReasoningName[];
  /** In which headers the key is sent. */
  readonly key: readonly KeyHeader[];
  /** Marks for the server's prompt cache are set. */
  readonly cacheMarks: boolean;
  /** The server is asked to make at most one call a reply: the toolsets run no more than one. */
  readonly oneCall: boolean;
  /** Usage at the end of a stream has to be asked for (Messages always tell it). */
  readonly askForUsage: boolean;
}

export type ReasoningName = "reasoning_content" | "reasoning";
export type KeyHeader = "authorization" | "x-api-key";
