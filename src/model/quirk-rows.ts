import type { Dialect } from "./model-config.ts";
import type { Quirks } from "./quirks.ts";

const chat: Quirks = {
  maxTokens: "max_tokens",
  usualMaxTokens: null,
  temperature: true,
  // vLLM reads `reasoning` alone in most of its versions and drops the other unseen (vllm #38488); SGLang, llama.cpp and DeepSeek read the other.
  reasoning: ["reasoning_content", "reasoning"],
  key: ["authorization"],
  cacheMarks: false,
  oneCall: false,
  askForUsage: true,
};

const messages: Quirks = {
  ...chat,
  // Messages must bound every reply; this is more than agent turns use, and what the current models of the dialect's owner may write.
  usualMaxTokens: 32_000,
  // vLLM and SGLang look for the key where chat has it (vllm #51572), others where Anthropic has it.
  key: ["x-api-key", "authorization"],
  cacheMarks: true,
  askForUsage: false,
};

/** What any server of a dialect is taken to want: vLLM, SGLang, llama.cpp and whatever has no row. */
export const usualQuirks: Readonly<Record<Dialect, Quirks>> = { "openai-chat": chat, "anthropic-messages": messages };

/** What one server wants otherwise. */
interface QuirkRow {
  readonly server: string;
  readonly dialect: Dialect;
  /** Hosts that it is told by. */
  readonly hosts: RegExp;
  /** Models that it is told by, in lower case; left out: all. */
  readonly models?: RegExp;
  /** Models that the row is not for. */
  readonly butModels?: RegExp;
  readonly quirks: Partial<Quirks>;
}

const openai = /(^|\.)openai\.(com|azure\.com)$/;
const anthropic = /(^|\.)anthropic\.com$/;
const zai = /(^|\.)(z\.ai|bigmodel\.cn)$/;
const openaiUsual: Partial<Quirks> = { maxTokens: "max_completion_tokens", reasoning: [] };
const anthropicUsual: Partial<Quirks> = { key: ["x-api-key"], oneCall: true };

/** Servers with quirks of their own; the first row that fits counts. Facts are from the servers' own documents and their users' reports. */
export const quirkRows: readonly QuirkRow[] = [
  {
    server: "OpenAI's o models",
    dialect: "openai-chat",
    hosts: openai,
    models: /^o\d/,
    quirks: { ...openaiUsual, temperature: false },
  },
  {
    server: "OpenAI's other reasoning models",
    dialect: "openai-chat",
    hosts: openai,
    models: /^(gpt-5|codex)/,
    quirks: { ...openaiUsual, temperature: false, oneCall: true },
  },
  { server: "OpenAI", dialect: "openai-chat", hosts: openai, quirks: { ...openaiUsual, oneCall: true } },
  { server: "z.ai", dialect: "openai-chat", hosts: zai, quirks: { reasoning: ["reasoning_content"] } },
  { server: "DeepSeek", dialect: "openai-chat", hosts: /(^|\.)deepseek\.com$/, quirks: { reasoning: ["reasoning_content"] } },
  { server: "Moonshot", dialect: "openai-chat", hosts: /(^|\.)moonshot\.(ai|cn)$/, quirks: { reasoning: ["reasoning_content"] } },
  { server: "OpenRouter", dialect: "openai-chat", hosts: /(^|\.)openrouter\.ai$/, quirks: { reasoning: ["reasoning"] } },
  { server: "Groq", dialect: "openai-chat", hosts: /(^|\.)groq\.com$/, quirks: { reasoning: ["reasoning"] } },
  // It refuses members that it does not know.
  { server: "Mistral", dialect: "openai-chat", hosts: /(^|\.)mistral\.ai$/, quirks: { reasoning: [], askForUsage: false } },
  {
    // From Claude Opus 4.7 on a temperature is refused as deprecated; these are the models before that.
    server: "Anthropic's models without sampling",
    dialect: "anthropic-messages",
    hosts: anthropic,
    butModels: /^claude-(2|3|instant|(opus|sonnet|haiku)-4(-[0-6])?(-\d{8}|-latest)?$)/,
    quirks: { ...anthropicUsual, temperature: false },
  },
  { server: "Anthropic", dialect: "anthropic-messages", hosts: anthropic, quirks: anthropicUsual },
  // It keeps its own cache.
  { server: "z.ai", dialect: "anthropic-messages", hosts: zai, quirks: { cacheMarks: false } },
];
