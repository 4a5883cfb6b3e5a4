import type { Result } from "../../base/result.ts";
import { conversationOf } from "../../formats/format-row.ts";
import { parsePatch } from "../../patch/parse-patch.ts";
import type { Sample } from "../../records/sample.ts";
import { redactSample } from "../../redact/redact-sample.ts";
import type { Redactor } from "../../redact/redactor.ts";
import type { Conversation } from "../../tokens/conversation.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";
import type { FactsCache } from "./facts-cache.ts";
import type { Recipe } from "./recipe.ts";
import type { CollectedSample } from "./run-reader.ts";
import { charactersOf, factsOf, type SampleFacts } from "./sample-facts.ts";

/** `cache`: null reads every sample. */
export interface FactsOrder {
  readonly recipe: Pick<Recipe, "reasoning">;
  readonly tokenizer: Tokenizer | null;
  readonly redactor: Redactor | null;
  readonly cache: FactsCache | null;
}

/** `sample`: where it had to be read, as it was before anything was redacted. */
export interface Looked {
  readonly collected: CollectedSample;
  readonly facts: SampleFacts;
  readonly sample: Sample | null;
}

/** What is read and counted at once: samples, and characters of their messages. */
const most = { samples: 128, characters: 4_000_000 };

/** The facts of samples, in their order: those that are known already from the cache, the others read and counted, many at once. */
export async function* factsOfSamples(samples: AsyncIterable<CollectedSample>, order: FactsOrder): AsyncGenerator<Looked> {
  let batch: Looked[] = [];
  let characters = 0;
  for await (const collected of samples) {
    const known = order.cache?.get(...collected.texts) ?? null;
    const look = known === null ? await lookAt(collected) : { collected, facts: known, sample: null };
    batch.push(look);
    characters += look.sample === null ? 0 : charactersOf(look.sample);
    if (batch.length < most.samples && characters < most.characters) continue;
    yield* counted(batch, order);
    [batch, characters] = [[], 0];
  }
  yield* counted(batch, order);
}

async function lookAt(collected: CollectedSample): Promise<Looked> {
  const sample = await collected.sample();
  const bytes = await collected.patch();
  const patch = bytes === null ? null : parsePatch(bytes);
  return { collected, facts: factsOf(sample, patch?.ok === true ? patch.value : null), sample };
}

type Counts = Result<readonly number[], { readonly reason: string }>;

async function* counted(batch: readonly Looked[], order: FactsOrder): AsyncGenerator<Looked> {
  const counts = order.tokenizer === null ? new Map<Looked, Counts>() : await countsOf(batch, order.tokenizer, order);
  for (const look of batch) {
    const count = counts.get(look);
    const facts =
      count === undefined ? look.facts : { ...look.facts, ...(count.ok ? { ends: [...count.value] } : { uncounted: count.error.reason }) };
    if (look.sample !== null) order.cache?.put(facts, ...look.collected.texts);
    yield { ...look, facts };
  }
}

/** Counts of those that were read. */
async function countsOf(batch: readonly Looked[], tokenizer: Tokenizer, { recipe, redactor }: FactsOrder): Promise<Map<Looked, Counts>> {
  const counts = new Map<Looked, Counts>();
  const asked: Looked[] = [];
  function* conversations(): Generator<Conversation> {
    for (const look of batch) {
      if (look.sample === null) continue;
      const sample = redactor === null ? look.sample : redactSample(look.sample, redactor).sample;
      const conversation = conversationOf(sample, recipe);
      if (!conversation.ok) counts.set(look, conversation);
      else {
        asked.push(look);
        yield conversation.value;
      }
    }
  }
  let index = 0;
  for await (const count of tokenizer.countMany(conversations())) {
    const look = asked[index++];
    if (look !== undefined) counts.set(look, count);
  }
  return counts;
}
