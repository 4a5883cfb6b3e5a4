import { text } from "node:stream/consumers";
import type { Dispatcher } from "undici";
import { z } from "zod";

/** What servers list of a model: vLLM and SGLang `max_model_len`, OpenRouter `context_length`, Anthropic `max_input_tokens`, llama.cpp under `meta`. */
const length = z.number().int().positive().nullish().catch(null);
const Listed = z.object({
  id: z.string(),
  max_model_len: length,
  context_length: length,
  max_input_tokens: length,
  meta: z.object({ n_ctx: length }).nullish().catch(null),
});
const Listing = z.object({ data: z.array(Listed), has_more: z.boolean().nullish().catch(null) });

/**
 * What a server's list of models says. `isListed` null: there is no list that can be read, or not all of it was sent; `context`: tokens
 * that the model takes, null where that is not said; `names`: all that the list names.
 */
export interface ModelListing {
  readonly isListed: boolean | null;
  readonly context: number | null;
  readonly names: readonly string[];
}

export interface ListingOrder {
  readonly dispatcher: Dispatcher;
  /** Path of the list of models on the origin. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
}

export const noListing: ModelListing = { isListed: null, context: null, names: [] };

/** Reads a server's list of models. Never throws for what a server does. */
export async function readModelListing({ dispatcher, path, headers, model }: ListingOrder, signal: AbortSignal): Promise<ModelListing> {
  try {
    const { statusCode, body } = await dispatcher.request({ path, method: "GET", headers, signal });
    const said = await text(body);
    if (statusCode !== 200) return noListing;
    const { data, has_more: isCut } = Listing.parse(JSON.parse(said));
    const found = data.find(({ id }) => id === model);
    const context = found?.max_model_len ?? found?.context_length ?? found?.max_input_tokens ?? found?.meta?.n_ctx ?? null;
    return { isListed: found !== undefined || (isCut === true ? null : false), context, names: data.map(({ id }) => id) };
  } catch {
    return noListing;
  }
}
