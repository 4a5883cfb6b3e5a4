import type { Chosen } from "./candidate.ts";

/** What was taken, in numbers. `tokens`: of what is kept of them; null where any was not counted. */
export interface SelectionTotals {
  readonly samples: number;
  readonly tokens: number | null;
  readonly kinds: { readonly t1: number; readonly t2: number; readonly other: number };
}

export function totalsOf(chosen: readonly Chosen[]): SelectionTotals {
  const kinds = { t1: 0, t2: 0, other: 0 };
  let tokens: number | null = 0;
  for (const one of chosen) {
    kinds[one.candidate.kind ?? "other"]++;
    const own = tokensOf(one);
    tokens = tokens === null || own === null ? null : tokens + own;
  }
  return { samples: chosen.length, tokens, kinds };
}

/** Tokens of what is kept of a sample; null: not counted. */
export function tokensOf({ candidate, cut }: Chosen): number | null {
  return cut === null ? candidate.tokens : cut.tokens;
}
