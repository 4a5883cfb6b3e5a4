import type { Dialect } from "./model-config.ts";

/** How servers of one dialect differ in what they take, as data. */
export interface Quirks {
  /** What the bound on a reply's tokens is called. */
  readonly maxTokens: "max_tokens" | "max_completion_tokens";
  /** The bound where the request sets none; null: none is sent (a dialect may need one). */
  readonly usualMaxTokens: number | null;
  /** Whether a temperature may be sent. */
  readonly temperature: boolean;
  /** Under what name earlier reasoning is sent back in a message; null: not at all. Anthropic's blocks have no name to choose. */
  readonly reasoning: "reasoning_content" | "reasoning" | null;
  /** How the key is sent. */
  readonly key: "authorization" | "x-api-key";
  /** Marks for the server's prompt cache are set. */
  readonly cacheMarks: boolean;
}

const chat: Quirks = {
  maxTokens: "max_tokens",
  usualMaxTokens: null,
  temperature: true,
  reasoning: "reasoning_content",
  key: "authorization",
  cacheMarks: false,
};

/** Messages must bound every reply; more than agent turns use, and what the current models of the dialect's owner may write. */
const messages: Quirks = { ...chat, usualMaxTokens: 32_000, key: "x-api-key", cacheMarks: true };

interface Row {
  readonly server: string;
  readonly dialect: Dialect;
  /** Hosts that it is told by. */
  readonly hosts: RegExp;
  /** Models that it is told by, in lower case; left out: all. */
  readonly models?: RegExp;
  readonly quirks: Quirks;
}

/**
 * Which server has which quirks; the first row that fits. vLLM and SGLang need none: both take `reasoning_content` back, count cached tokens where
 * started so, and take the marks of Messages without a word (seen of vLLM 0.32, shared/golden).
 */
const rows: readonly Row[] = [
  {
    server: "OpenAI's reasoning models",
    dialect: "openai-chat",
    hosts: /(^|\.)openai\.(com|azure\.com)$/,
    models: /^(o\d|gpt-5|codex)/,
    quirks: { ...chat, maxTokens: "max_completion_tokens", temperature: false, reasoning: null },
  },
  {
    server: "OpenAI",
    dialect: "openai-chat",
    hosts: /(^|\.)openai\.(com|azure\.com)$/,
    quirks: { ...chat, maxTokens: "max_completion_tokens", reasoning: null },
  },
  { server: "z.ai", dialect: "anthropic-messages", hosts: /(^|\.)(z\.ai|bigmodel\.cn)$/, quirks: { ...messages, cacheMarks: false } },
  { server: "any", dialect: "openai-chat", hosts: /^/, quirks: chat },
  { server: "any", dialect: "anthropic-messages", hosts: /^/, quirks: messages },
];

/** The quirks of a server by its address and model. `sendReasoning` false: a user wants no reasoning sent back. */
export function quirksOf({ dialect, hostname, model, sendReasoning }: QuirksOrder): Quirks {
  const fits = (row: Row): boolean =>
    row.dialect === dialect && row.hosts.test(hostname) && (row.models?.test(model.toLowerCase()) ?? true);
  const row = rows.find(fits);
  if (row === undefined) throw new Error(`no row for the dialect ${dialect}`);
  return sendReasoning ? row.quirks : { ...row.quirks, reasoning: null };
}

export interface QuirksOrder {
  readonly dialect: Dialect;
  /** Without a port. */
  readonly hostname: string;
  readonly model: string;
  readonly sendReasoning: boolean;
}
