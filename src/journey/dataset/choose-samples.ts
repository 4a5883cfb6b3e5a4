import type { Candidate, Chosen } from "./candidate.ts";
import { balanced } from "./balance.ts";
import type { DropCounter } from "./collect-samples.ts";
import { NearDuplicates } from "./filters/near-duplicates.ts";
import { mixed } from "./mix.ts";
import { ordered } from "./order.ts";
import type { Recipe } from "./recipe.ts";

/**
 * Candidates in order of key in; what the recipe takes of them out, in its order. Each candidate that is not taken is counted once. A
 * pure function, so that one survey serves every threshold and context.
 */
export function chooseSamples(candidates: readonly Candidate[], recipe: Recipe, dropped: DropCounter): readonly Chosen[] {
  const fitting = candidates.flatMap((candidate): Chosen[] => {
    const reason = scoreReason(candidate, recipe) ?? cutReason(candidate, recipe);
    if (reason !== null) dropped.add(reason);
    const cut = recipe.context === null ? null : (candidate.cuts.get(recipe.context) ?? null);
    return reason === null ? [{ candidate, cut }] : [];
  });
  const distinct = withoutDuplicates(fitting, recipe, dropped);
  const inOrder = ordered(distinct, recipe);
  const even = balanced(inOrder, recipe, dropped);
  const taken = mixed(even, recipe, dropped);
  const { limit } = recipe;
  if (limit === null || taken.length <= limit) return taken;
  dropped.add("over-limit", taken.length - limit);
  return taken.slice(0, limit);
}

/** Why a second rollout is left out by its scores; others have none to have. */
function scoreReason({ kind, recall, precision, sizeRatio }: Candidate, { threshold, guard }: Recipe): string | null {
  if (kind !== "t2") return null;
  if (recall === null && threshold > 0) return "recall-undefined";
  if ((recall ?? 0) < threshold) return "below-threshold";
  const { minPrecision, maxSizeRatio } = guard;
  if (minPrecision !== null && (precision ?? -1) < minPrecision) return "below-precision";
  return maxSizeRatio !== null && (sizeRatio ?? Infinity) > maxSizeRatio ? "over-size-ratio" : null;
}

function cutReason({ cuts, tokens }: Candidate, { context, minRatio, bucket, ratioBy }: Recipe): string | null {
  if (context === null) return null;
  if (tokens === null) return "not-counted";
  const cut = cuts.get(context) ?? null;
  if (cut === null) return "longer-than-context";
  const ratio = cut.ratios[ratioBy];
  if (ratio < minRatio) return "below-ratio";
  return bucket !== null && (ratio < bucket.min || ratio > bucket.max) ? "outside-bucket" : null;
}

/** Only what is taken so far claims a patch, so that no sample leaves for the sake of one that left before (reference.md §e). */
function withoutDuplicates(chosen: readonly Chosen[], { filters }: Recipe, dropped: DropCounter): Chosen[] {
  const ids = new Set<string>();
  const claims = new Set<string>();
  const near = new Map<string | null, NearDuplicates>();
  return chosen.filter(({ candidate: { id, kind, claim, sketch } }) => {
    const of = `${kind} ${claim}`;
    const watch = near.get(kind) ?? new NearDuplicates(filters.nearDuplicates ?? 1);
    near.set(kind, watch);
    const isNear = filters.nearDuplicates !== null && sketch !== null;
    const reason = ids.has(id)
      ? "duplicate-sample"
      : filters.duplicates && claim !== null && claims.has(of)
        ? "duplicate-patch"
        : isNear && watch.has(sketch)
          ? "near-duplicate"
          : null;
    if (reason !== null) dropped.add(reason);
    else {
      ids.add(id);
      claims.add(of);
      if (isNear) watch.add(sketch);
    }
    return reason === null;
  });
}
