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
const Listing = z.object({ data: z.array(Listed) });

export interface ListingOrder {
  readonly dispatcher: Dispatcher;
  /** Path of the list of models on the origin. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
}

/** How many tokens the server's list says that the model takes; null: it does not say, or there is no such list. Never throws for what a server does. */
export async function listedContext({ dispatcher, path, headers, model }: ListingOrder, signal: AbortSignal): Promise<number | null> {
  try {
    const { statusCode, body } = await dispatcher.request({ path, method: "GET", headers, signal });
    const said = await text(body);
    if (statusCode !== 200) return null;
    const found = Listing.parse(JSON.parse(said)).data.find(({ id }) => id === model);
    return found?.max_model_len ?? found?.context_length ?? found?.max_input_tokens ?? found?.meta?.n_ctx ?? null;
  } catch {
    return null;
  }
}
