import type { Decontamination } from "../../hold-out/benchmark.ts";
import type { Sample, SelectedSample } from "../../records/sample.ts";
import { redactSample } from "../../redact/redact-sample.ts";
import type { Redactor } from "../../redact/redactor.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";
import type { Candidate, Chosen } from "./candidate.ts";
import { chooseSamples } from "./choose-samples.ts";
import type { DropCounter, SampleSource } from "./collect-samples.ts";
import { FactsCache } from "./facts-cache.ts";
import { strictestCuts } from "./hold-out-cuts.ts";
import { mixProblem } from "./mix.ts";
import { needsTokens, recipeProblem, type Recipe } from "./recipe.ts";
import { RunReader } from "./run-reader.ts";
import { surveySamples } from "./survey-samples.ts";

/**
 * What is to be selected from. `tokenizer`: the student's; null: nothing is counted, which a recipe may not allow (`needsTokens`).
 * `redactor`: null leaves every text as it is. `benchmark`: what samples may not overlap with, and where overlaps are noted.
 */
export interface SelectionOrder {
  readonly sources: readonly SampleSource[];
  readonly recipe: Recipe;
  readonly tokenizer: Tokenizer | null;
  readonly redactor: Redactor | null;
  readonly benchmark?: Decontamination | null;
  /** Where what was read out of samples is kept for the next selection; left out or null: nowhere. */
  readonly factsFolder?: string | null;
}

/** An order that cannot be carried out, in a sentence for the user: a setting lacks another one, or counts are asked for without a tokenizer. */
export class RecipeError extends Error {}

/** What was looked at: runs open for reading, and a candidate of every sample that no filter left out. */
export interface Survey {
  readonly readers: readonly RunReader[];
  readonly candidates: readonly Candidate[];
}

/** First pass (survey-samples.ts), for one context or several. Throws RecipeError. */
export async function survey(order: SelectionOrder, contexts: readonly number[], dropped: DropCounter): Promise<Survey> {
  const { sources, recipe, tokenizer } = order;
  const problem = recipeProblem(recipe, sources.length);
  if (problem !== null) throw new RecipeError(problem);
  const needed = contexts.length > 0 ? "context" : needsTokens(recipe);
  if (needed !== null && tokenizer === null)
    throw new RecipeError(`${needed} needs counts of tokens: name the student's tokenizer (--tokenizer).`);
  const readers = await Promise.all(sources.map(async (source, index) => await RunReader.open(source, index)));
  const cuts = strictestCuts(readers.flatMap(({ intakes }) => intakes));
  for (const reader of readers) reader.judgeBy(cuts);
  using cache = await cacheOf(order);
  const candidates = await Array.fromAsync(
    surveySamples({ ...order, benchmark: order.benchmark ?? null, cache, readers, contexts }, dropped),
  );
  const unmixable = mixProblem(candidates, recipe);
  if (unmixable !== null) throw new RecipeError(unmixable);
  return { readers, candidates };
}

/** Texts that are redacted have other counts, which nobody keeps. */
async function cacheOf({ factsFolder = null, redactor, tokenizer, recipe }: SelectionOrder): Promise<FactsCache | null> {
  if (factsFolder === null || redactor !== null) return null;
  return await FactsCache.open(factsFolder, tokenizer === null ? [] : [tokenizer.id, recipe.reasoning]);
}

/** Which samples a recipe takes, without their texts. Throws RecipeError. */
export async function chosenSamples(
  order: SelectionOrder,
  dropped: DropCounter,
): Promise<{ readonly readers: readonly RunReader[]; readonly chosen: readonly Chosen[] }> {
  const { context } = order.recipe;
  const { readers, candidates } = await survey(order, context === null ? [] : [context], dropped);
  return { readers, chosen: chooseSamples(candidates, order.recipe, dropped) };
}

/**
 * Runs and a recipe in; what the recipe takes out, in its order. Two passes, so that memory holds figures of all samples and the text of
 * a few: first every sample is judged and counted, then those that are taken are read again. The same recipe and ledgers give the same
 * samples. Throws RecipeError before anything is read.
 */
export async function* selectSamples(order: SelectionOrder, dropped: DropCounter): AsyncGenerator<SelectedSample> {
  const { readers, chosen } = await chosenSamples(order, dropped);
  for (const { candidate, cut } of chosen) {
    const reader = readers[candidate.ref.source];
    if (reader === undefined) throw new Error("a candidate is of a run that was not given");
    const whole = await (await reader.read(candidate.ref)).sample();
    const { sample, redactions } = order.redactor === null ? { sample: whole, redactions: 0 } : redactSample(whole, order.redactor);
    const messages = cut === null ? sample.messages : kept(sample, cut.kept);
    const isMasked = order.recipe.filters.failedSteps === "mask";
    const failedSteps = isMasked ? sample.failedSteps.filter((position) => position < messages.length) : [];
    const isCounted = candidate.tokens !== null;
    yield {
      sample: { ...sample, failedSteps, messages },
      tokens: cut?.tokens ?? candidate.tokens,
      ratios: cut?.ratios ?? (isCounted ? { steps: 1, messages: 1 } : null),
      redactions,
    };
  }
}

/** `count`: messages of the conversation, which has a system message where the sample may have none. */
function kept({ messages }: Sample, count: number): Sample["messages"] {
  return messages.slice(0, messages[0]?.role === "system" ? count : count - 1);
}
