import type { Usage } from "../records/usage.ts";
import type { TurnRequest } from "./model.ts";

/** US dollars a million tokens. `input` is what is not cached; `cacheWrite` what the server puts into its cache, left out: a quarter more than input, as Anthropic charges. */
export interface TokenPrices {
  readonly inputPerMtok: number;
  readonly cachedPerMtok: number;
  readonly outputPerMtok: number;
  readonly cacheWritePerMtok?: number | undefined;
}

/** `model`: the name as the provider serves it, `*` standing for any ending. `asOf`: ISO month or date; null for a user's own price. */
export interface Price extends TokenPrices {
  readonly model: string;
  readonly asOf: string | null;
  readonly source: string;
}

const paper = { asOf: "2026-01", source: "SERA, arXiv 2601.20789, Appendix D" };

/** Only names that the provider itself uses: a self-hosted `zai-org/GLM-4.6` costs GPU hours, not tokens. */
const listed: readonly Price[] = [
  { model: "glm-4.5-air", inputPerMtok: 0.2, cachedPerMtok: 0.03, outputPerMtok: 1.1, ...paper },
  { model: "glm-4.6", inputPerMtok: 0.6, cachedPerMtok: 0.11, outputPerMtok: 2.2, ...paper },
  { model: "claude-3-7-sonnet*", inputPerMtok: 3, cachedPerMtok: 0.3, outputPerMtok: 15, ...paper },
  { model: "scripted", inputPerMtok: 0, cachedPerMtok: 0, outputPerMtok: 0, asOf: "2026-11", source: "built in: costs nothing" },
];

/** Tokens reserved for a reply where no limit is sent, so that the server's own holds: more than agent turns use, far less than models can write. */
const usualOutputTokens = 8192;
/** Fewer bytes than most tokens have, so that the estimate errs upward. */
const bytesPerToken = 3;

/** The price of a model: the user's own where given, else the listed one; null where neither is known, which is not zero. */
export function priceOf(model: string, custom: TokenPrices | null = null): Price | null {
  if (custom !== null) return { model, ...custom, asOf: null, source: "config" };
  const name = model.toLowerCase();
  return listed.find((price) => matches(price.model, name)) ?? null;
}

/** Cost in US dollars; null where the price or a count it needs is unknown. Tokens not known to be cached count as not cached; a call that used nothing cost nothing, whatever the price. */
export function costUsd(usage: Usage, price: Price | null): number | null {
  if (usage.input === 0 && usage.output === 0) return 0;
  if (price === null) return null;
  const { inputPerMtok, cachedPerMtok, outputPerMtok, cacheWritePerMtok = inputPerMtok * 1.25 } = price;
  const cached = Math.min(usage.cached ?? 0, usage.input ?? 0);
  const written = Math.min(usage.cacheWritten ?? 0, (usage.input ?? 0) - cached);
  const input = inputPerMtok + cachedPerMtok === 0 ? 0 : usage.input;
  const output = outputPerMtok === 0 ? 0 : usage.output;
  if (input === null || output === null) return null;
  return ((input - cached - written) * inputPerMtok + cached * cachedPerMtok + written * cacheWritePerMtok + output * outputPerMtok) / 1e6;
}

/** What a request may cost in US dollars, to reserve of a budget: nothing of it cached, output up to the limit that is sent. Null: price unknown. */
export function worstCaseUsd(request: TurnRequest, price: Price | null): number | null {
  if (price === null) return null;
  const input = Math.ceil(bytesOf(request) / bytesPerToken);
  return costUsd({ input, cached: 0, output: request.maxOutputTokens ?? usualOutputTokens }, price);
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function bytesOf({ messages, tools }: TurnRequest): number {
  return Buffer.byteLength(JSON.stringify({ messages, tools }));
}
