import type { Decontamination } from "../../hold-out/benchmark.ts";
import { parsePatch } from "../../patch/parse-patch.ts";
import type { ParsedPatch } from "../../patch/parsed-patch.ts";
import type { Sample, SampleScores } from "../../records/sample.ts";
import type { Redactor } from "../../redact/redactor.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";
import { truncate } from "../../tokens/truncate.ts";
import type { Candidate } from "./candidate.ts";
import type { DropCounter } from "./collect-samples.ts";
import type { FactsCache } from "./facts-cache.ts";
import { factsOfSamples, type Looked } from "./facts-of-samples.ts";
import { activeFilters, type ActiveFilter } from "./filters/filter-table.ts";
import type { Judged } from "./filters/judged.ts";
import { sketchOf } from "./filters/near-duplicates.ts";
import { meanToolTokens } from "./filters/tool-tokens.ts";
import { gatherSamples } from "./gather-samples.ts";
import type { Recipe } from "./recipe.ts";
import type { CollectedSample, RunReader } from "./run-reader.ts";
import { rolesOf, type SampleFacts } from "./sample-facts.ts";

export interface SurveyOrder {
  readonly readers: readonly RunReader[];
  readonly recipe: Recipe;
  readonly tokenizer: Tokenizer | null;
  readonly redactor: Redactor | null;
  readonly benchmark: Decontamination | null;
  readonly cache: FactsCache | null;
  /** Every context that something is to be chosen for. */
  readonly contexts: readonly number[];
}

/**
 * First pass over the runs: every sample is judged by each filter that needs no other sample, counted, and kept as a light
 * candidate. What leaves is counted in `dropped`. Thresholds, contexts and duplicates are the choice's, so that one survey serves many.
 */
export async function* surveySamples(order: SurveyOrder, dropped: DropCounter): AsyncGenerator<Candidate> {
  const filters = activeFilters(order.recipe.filters);
  const late = filters.filter(({ needs }) => needs === "texts");
  for await (const look of factsOfSamples(judgedByRecords(order, filters, dropped), order)) {
    const { collected, facts } = look;
    if (facts.uncounted !== null) dropped.note(`not-counted:${facts.uncounted}`);
    if (!staysFlagged(facts, order.recipe, dropped) || !stays(judgedOf(collected, facts), late, dropped)) continue;
    const needsPatch = order.benchmark !== null || order.recipe.filters.nearDuplicates !== null;
    const patch = needsPatch ? parsedPatch(await collected.patch()) : null;
    if (order.benchmark?.overlapsWith({ sample: await sampleOf(look), patch }) === true) dropped.add("benchmark-overlap");
    else yield await candidateOf(look, patch, order);
  }
}

async function* judgedByRecords(
  order: SurveyOrder,
  filters: readonly ActiveFilter[],
  dropped: DropCounter,
): AsyncGenerator<CollectedSample> {
  const early = filters.filter(({ needs }) => needs === "records");
  for await (const collected of gatherSamples(order.readers, order.recipe)) {
    const { kind } = order.recipe;
    // Of other programs' samples, some are of neither kind: they are taken where both are.
    if (kind !== "both" && collected.kind !== kind) dropped.add("kind-unknown");
    else if (stays(judgedOf(collected, null), early, dropped)) yield collected;
  }
}

function judgedOf({ kind, exit, patchSize, accepted, heldOut }: CollectedSample, facts: SampleFacts | null): Judged {
  const toolTokens = facts === null || facts.ends === null ? null : meanToolTokens(rolesOf(facts), facts.ends);
  const { repeats = 0, onlyTests = null, scratchFiles = null } = facts ?? {};
  return { kind, exit, patchSize, accepted, heldOut, repeats, onlyTests, scratchFiles, toolTokens };
}

function stays(judged: Judged, filters: readonly ActiveFilter[], dropped: DropCounter): boolean {
  for (const { reason, judge } of filters) {
    const verdict = judge(judged);
    if (verdict === "leaves") {
      dropped.add(reason);
      return false;
    }
    if (verdict === "unknown") dropped.note(`not-judged:${reason}`);
  }
  return true;
}

function staysFlagged({ flags: [gravest] }: SampleFacts, { flagged }: Recipe, dropped: DropCounter): boolean {
  if (gravest === undefined) return true;
  dropped.flag(gravest);
  if (flagged === "keep") return true;
  dropped.add(`flagged:${gravest}`);
  return false;
}

async function sampleOf({ sample, collected }: Looked): Promise<Sample> {
  return sample ?? (await collected.sample());
}

function parsedPatch(bytes: Uint8Array | null): ParsedPatch | null {
  const patch = bytes === null ? null : parsePatch(bytes);
  return patch?.ok === true ? patch.value : null;
}

async function candidateOf({ collected, facts }: Looked, patch: ParsedPatch | null, order: SurveyOrder): Promise<Candidate> {
  const { id, kind, provenance, patchSize, ref } = collected;
  const scores: SampleScores | null = (await order.readers[ref.source]?.scoresBy(order.recipe.recallBy, collected)) ?? null;
  const { ends } = facts;
  const roles = rolesOf(facts);
  const { repository, path, qualifiedName, language } = provenance;
  return {
    ref,
    id,
    kind,
    repository,
    path,
    qualifiedName,
    language,
    claim: collected.claim,
    recall: scores?.recall ?? null,
    precision: scores?.precision ?? null,
    sizeRatio: scores?.sizeRatio ?? null,
    steps: roles.filter((role) => role === "assistant").length,
    edited: patchSize === null ? null : patchSize.added + patchSize.removed,
    tokens: ends?.at(-1) ?? null,
    cuts: new Map(ends === null ? [] : order.contexts.map((context) => [context, truncate({ roles, ends, context })])),
    sketch: order.recipe.filters.nearDuplicates === null || patch === null ? null : sketchOf(patch),
  };
}
