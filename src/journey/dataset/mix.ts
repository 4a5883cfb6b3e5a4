import type { Candidate, Chosen } from "./candidate.ts";
import type { DropCounter } from "./collect-samples.ts";
import type { Recipe } from "./recipe.ts";

/** Which part a candidate belongs to, and what share of the whole each part is to be; shares add up to 1. */
interface Division {
  readonly shares: readonly number[];
  readonly partOf: (candidate: Candidate) => number;
}

/**
 * At most the counts of each kind, divided by share or weights: as many as every part can give of its own, the first of each in the
 * order that came. Where kinds have counts, the division holds within each; else over all, within the limit.
 */
export function mixed(chosen: readonly Chosen[], recipe: Recipe, dropped: DropCounter): readonly Chosen[] {
  const { t1, t2, limit } = recipe;
  const division = divisionOf(recipe);
  const isCounted = t1 !== null || t2 !== null;
  if (division === null && !isCounted) return chosen;
  const kinds = isCounted ? (["t1", "t2", null] as const) : (["all"] as const);
  const taken = new Set<Chosen>();
  for (const kind of kinds) {
    const pool = kind === "all" ? chosen : chosen.filter(({ candidate }) => candidate.kind === kind);
    const most = { t1, t2, all: limit, null: null }[`${kind}`];
    const whole = divided(pool, division, most);
    for (const one of whole) taken.add(one);
    if (isCounted && most !== null && whole.length < most) dropped.note(`short-of-${kind}`, most - whole.length);
  }
  dropped.add(division === null ? "over-count" : "over-share", chosen.length - taken.size);
  return chosen.filter((one) => taken.has(one));
}

/** Why the division cannot be: a part that is to have a share has no sample at all. In words for the user; null: nothing stands against it. */
export function mixProblem(candidates: readonly Candidate[], recipe: Recipe): string | null {
  const division = divisionOf(recipe);
  if (division === null || candidates.length === 0) return null;
  const present = new Set(candidates.map(division.partOf));
  const empty = division.shares.findIndex((share, index) => share > 0 && !present.has(index));
  const { share } = recipe;
  if (share === null)
    return empty === -1 ? null : `weights: the filters leave no sample of run ${empty + 1}, so that its weight cannot be met.`;
  const names = new Set(candidates.map(({ repository }) => repository ?? "a repository without a name"));
  const unknown = share.repositories.filter((name) => !names.has(name));
  if (unknown.length > 0) return `share: no sample is of ${unknown.join(", ")}: there are samples of ${[...names].join(", ")}.`;
  return empty === -1 ? null : "share: every sample is of these repositories: name a run with others as well, or leave share out.";
}

function divisionOf({ share, weights }: Recipe): Division | null {
  if (share !== null) {
    const special = new Set(share.repositories);
    const partOf = ({ repository }: Candidate): number => (repository !== null && special.has(repository) ? 0 : 1);
    return { shares: [share.alpha, 1 - share.alpha], partOf };
  }
  if (weights === null) return null;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { shares: weights.map((weight) => weight / sum), partOf: ({ ref }) => ref.source };
}

function divided(pool: readonly Chosen[], division: Division | null, most: number | null): readonly Chosen[] {
  if (division === null) return pool.slice(0, most ?? pool.length);
  const { shares, partOf } = division;
  const parts = shares.map((_, index) => pool.filter(({ candidate }) => partOf(candidate) === index));
  // What 0.1 + 0.2 lacks of 0.3 must not cost a sample.
  const able = shares.map((share, index) => (share === 0 ? Infinity : Math.floor((parts[index]?.length ?? 0) / share + 1e-9)));
  const total = Math.min(most ?? Infinity, ...able);
  return quotas(shares, total).flatMap((quota, index) => parts[index]?.slice(0, quota) ?? []);
}

/** Whole numbers that add up to the total, as near to the shares as can be: what rounding leaves goes to the greatest remainders. */
function quotas(shares: readonly number[], total: number): number[] {
  const exact = shares.map((share) => share * total);
  const whole = exact.map((value) => Math.floor(value + 1e-9));
  const byRemainder = exact.map((value, index) => ({ index, rest: value - (whole[index] ?? 0) })).toSorted((a, b) => b.rest - a.rest);
  let left = total - whole.reduce((sum, value) => sum + value, 0);
  for (const { index } of byRemainder) if (left-- > 0) whole[index] = (whole[index] ?? 0) + 1;
  return whole;
}
