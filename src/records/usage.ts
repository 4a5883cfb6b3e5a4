import { z } from "zod";

/**
 * Tokens of one or more model calls as the server reported them. `input` includes `cached`. Null: the server did
 * not say, which is not zero. `cacheWritten`: those of `input` that the server put into its cache for later, where it counts them because they
 * cost more than others (Anthropic); left out: it counts none.
 */
export const Usage = z.strictObject({
  input: z.number().int().nonnegative().nullable(),
  cached: z.number().int().nonnegative().nullable(),
  output: z.number().int().nonnegative().nullable(),
  cacheWritten: z.number().int().nonnegative().optional(),
});
export type Usage = z.infer<typeof Usage>;

export const unknownUsage: Usage = { input: null, cached: null, output: null };
export const noUsage: Usage = { input: 0, cached: 0, output: 0 };

/** A sum in which one unknown makes the total unknown. */
export function addKnown(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

export function addUsage(a: Usage, b: Usage): Usage {
  const sum = { input: addKnown(a.input, b.input), cached: addKnown(a.cached, b.cached), output: addKnown(a.output, b.output) };
  const written = (a.cacheWritten ?? 0) + (b.cacheWritten ?? 0);
  return written === 0 ? sum : { ...sum, cacheWritten: written };
}

/**
 * What a piece of work took of the model. `calls`: requests sent; `replies`: those that brought a complete reply; `usage`: of
 * the replies, null where any was unknown; `costUsd`: what is known to have been paid, null where the price is not
 * known; `unknownCostCalls`: calls that broke off so that their cost cannot be known; `possiblyPaid`: calls whose
 * outcome was never written, because the process was killed with them in flight.
 */
export const Spending = z.strictObject({
  calls: z.number().int().nonnegative(),
  replies: z.number().int().nonnegative(),
  usage: Usage,
  costUsd: z.number().nullable(),
  unknownCostCalls: z.number().int().nonnegative(),
  possiblyPaid: z.number().int().nonnegative(),
});
export type Spending = z.infer<typeof Spending>;

export const noSpending: Spending = { calls: 0, replies: 0, usage: noUsage, costUsd: 0, unknownCostCalls: 0, possiblyPaid: 0 };

export function addSpending(a: Spending, b: Spending): Spending {
  return {
    calls: a.calls + b.calls,
    replies: a.replies + b.replies,
    usage: addUsage(a.usage, b.usage),
    costUsd: addKnown(a.costUsd, b.costUsd),
    unknownCostCalls: a.unknownCostCalls + b.unknownCostCalls,
    possiblyPaid: a.possiblyPaid + b.possiblyPaid,
  };
}
