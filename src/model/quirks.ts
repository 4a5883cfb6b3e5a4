import type { Dialect } from "./model-config.ts";
import { quirkRows, usualQuirks } from "./quirk-rows.ts";

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

/** `own`: what a user's config says of the server, which wins over the table. */
export interface QuirksOrder {
  readonly dialect: Dialect;
  /** Without a port. */
  readonly hostname: string;
  readonly model: string;
  /** False: a user wants no reasoning sent back. */
  readonly sendReasoning: boolean;
  readonly own?: Partial<Quirks>;
}

/** The quirks of a server by its address and model: the dialect's usual ones, what the first row that fits changes, what the user changes. */
export function quirksOf({ dialect, hostname, model, sendReasoning, own = {} }: QuirksOrder): Quirks {
  const name = model.toLowerCase();
  const row = quirkRows.find(
    (one) =>
      one.dialect === dialect && one.hosts.test(hostname) && (one.models?.test(name) ?? true) && !(one.butModels?.test(name) ?? false),
  );
  const quirks = { ...usualQuirks[dialect], ...row?.quirks, ...own };
  return sendReasoning ? quirks : { ...quirks, reasoning: [] };
}
