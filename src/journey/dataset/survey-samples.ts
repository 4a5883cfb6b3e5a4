import { parsePatch } from "../../patch/parse-patch.ts";
import type { ParsedPatch } from "../../patch/parsed-patch.ts";
import type { Result } from "../../base/result.ts";
import { conversationOf } from "../../formats/format-row.ts";
import type { Decontamination } from "../../hold-out/benchmark.ts";
import type { Sample, SampleScores } from "../../records/sample.ts";
import { redactSample } from "../../redact/redact-sample.ts";
import type { Redactor } from "../../redact/redactor.ts";
import type { Conversation } from "../../tokens/conversation.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";
import { truncate } from "../../tokens/truncate.ts";
import type { Candidate } from "./candidate.ts";
import type { DropCounter } from "./collect-samples.ts";
import { activeFilters, type ActiveFilter } from "./filters/filter-table.ts";
import type { Judged } from "./filters/judged.ts";
import { sketchOf } from "./filters/near-duplicates.ts";
import { meanToolTokens } from "./filters/tool-tokens.ts";
import { gatherSamples } from "./gather-samples.ts";
import type { Recipe } from "./recipe.ts";
import { scoresOf, type CollectedSample, type RunReader } from "./run-reader.ts";

export interface SurveyOrder {
  readonly readers: readonly RunReader[];
  readonly recipe: Recipe;
  readonly tokenizer: Tokenizer | null;
  readonly redactor: Redactor | null;
  readonly benchmark: Decontamination | null;
  /** Every context that something is to be chosen for. */
  readonly contexts: readonly number[];
}

/** A sample on its way to be a candidate: all that is known of it before tokens are counted. */
interface Looked {
  readonly collected: CollectedSample;
  readonly sample: Sample;
  readonly judged: Judged;
}

/**
 * First pass over the runs: every sample is read once, judged by each filter that needs no other sample, counted, and kept as a light
 * candidate. What leaves is counted in `dropped`. Thresholds, contexts and duplicates are the choice's, so that one survey serves many.
 */
export async function* surveySamples(order: SurveyOrder, dropped: DropCounter): AsyncGenerator<Candidate> {
  const filters = activeFilters(order.recipe.filters);
  const looked = lookThrough(order, filters, dropped);
  const counted = order.tokenizer === null ? uncounted(looked) : withCounts(looked, order.tokenizer, order.recipe);
  for await (const { look, ends } of counted) {
    if (ends !== null && !ends.ok) dropped.note(`not-counted:${ends.error.reason}`);
    const known = ends?.ok === true ? ends.value : null;
    const toolTokens = known === null ? null : meanToolTokens(rolesOf(look.sample), known);
    if (
      !stays(
        { ...look.judged, toolTokens },
        filters.filter(({ needs }) => needs === "tokens"),
        dropped,
      )
    )
      continue;
    yield candidateOf(look, known, order);
  }
}

async function* lookThrough(order: SurveyOrder, filters: readonly ActiveFilter[], dropped: DropCounter): AsyncGenerator<Looked> {
  const { recipe, readers, redactor, benchmark } = order;
  const early = filters.filter(({ needs }) => needs === "sample");
  const late = filters.filter(({ needs }) => needs === "patch");
  const needsPatch = late.length > 0 || recipe.filters.nearDuplicates !== null || benchmark !== null;
  for await (const collected of gatherSamples(readers, recipe)) {
    const whole = collected.sample;
    if (!isOfKind(whole, recipe)) {
      dropped.add("kind-unknown");
      continue;
    }
    const judged: Judged = { sample: whole, patch: null, accepted: collected.accepted, heldOut: collected.heldOut, toolTokens: null };
    if (!stays(judged, early, dropped) || !staysFlagged(whole, recipe, dropped)) continue;
    const bytes = needsPatch ? await collected.patch() : null;
    const patch = bytes === null ? null : parsed(bytes);
    if (!stays({ ...judged, patch }, late, dropped)) continue;
    if (benchmark?.overlapsWith({ sample: whole, patch }) === true) {
      dropped.add("benchmark-overlap");
      continue;
    }
    const sample = redactor === null ? whole : redactSample(whole, redactor).sample;
    yield { collected, sample, judged: { ...judged, patch } };
  }
}

/** Of other programs' samples, some are of neither kind: they are taken where both are. */
function isOfKind(sample: Sample, { kind }: Recipe): boolean {
  return kind === "both" || sample.kind === kind;
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

function staysFlagged({ flags: [gravest] }: Sample, { flagged }: Recipe, dropped: DropCounter): boolean {
  if (gravest === undefined) return true;
  dropped.flag(gravest);
  if (flagged === "keep") return true;
  dropped.add(`flagged:${gravest}`);
  return false;
}

function parsed(bytes: Uint8Array): ParsedPatch | null {
  const patch = parsePatch(bytes);
  return patch.ok ? patch.value : null;
}

type Ends = Result<readonly number[], { readonly reason: string }> | null;
interface Counted {
  readonly look: Looked;
  /** Tokens up to and with each message; null: nobody counted. */
  readonly ends: Ends;
}

async function* uncounted(looks: AsyncIterable<Looked>): AsyncGenerator<Counted> {
  for await (const look of looks) yield { look, ends: null };
}

/** Counts as far ahead as the tokenizer asks for, which gives its results in order. */
async function* withCounts(looks: AsyncGenerator<Looked>, tokenizer: Tokenizer, { reasoning }: Recipe): AsyncGenerator<Counted> {
  // In order: those whose counts are under way, and those that no conversation can be made of.
  const waiting: { readonly look: Looked; readonly problem: Ends }[] = [];
  async function* conversations(): AsyncGenerator<Conversation> {
    for await (const look of looks) {
      const conversation = conversationOf(look.sample, { reasoning });
      waiting.push({ look, problem: conversation.ok ? null : conversation });
      if (conversation.ok) yield conversation.value;
    }
  }
  for await (const ends of tokenizer.countMany(conversations())) {
    yield* uncountable(waiting);
    const next = waiting.shift();
    if (next !== undefined) yield { look: next.look, ends };
  }
  yield* uncountable(waiting);
}

function* uncountable(waiting: { readonly look: Looked; readonly problem: Ends }[]): Generator<Counted> {
  while (waiting[0] !== undefined && waiting[0].problem !== null) {
    const { look, problem } = waiting[0];
    waiting.shift();
    yield { look, ends: problem };
  }
}

function rolesOf(sample: Sample): string[] {
  return sample.messages.map(({ role }) => role);
}

function candidateOf({ collected, sample, judged: { patch } }: Looked, ends: readonly number[] | null, order: SurveyOrder): Candidate {
  const { id, kind, provenance, patchSize } = sample;
  const scores = judgedScores(collected, order.recipe);
  const roles = rolesOf(sample);
  // A conversation without a system message is given one.
  const shift = ends === null ? 0 : ends.length - roles.length;
  const seen = shift > 0 ? ["system", ...roles] : roles;
  const cuts = new Map(ends === null ? [] : order.contexts.map((context) => [context, truncate({ roles: seen, ends, context })]));
  const { repository, path, qualifiedName, language } = provenance;
  return {
    ref: collected.ref,
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
    cuts,
    sketch: order.recipe.filters.nearDuplicates === null || patch === null ? null : sketchOf(patch),
  };
}

/** The scores that the recipe asks for: null where a run's version did not store them. */
function judgedScores({ sample, verification }: CollectedSample, { recallBy }: Recipe): SampleScores | null {
  if (recallBy === "lines" || verification === null) return sample.scores;
  if (verification.version === 1) return null;
  const { ignoringWhitespace, anywhere, sera } = verification;
  return scoresOf({ "ignoring-whitespace": ignoringWhitespace, anywhere, sera }[recallBy]);
}
