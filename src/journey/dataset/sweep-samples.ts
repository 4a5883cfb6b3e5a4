import type { RunStore } from "../../ledger/run-store.ts";
import { addKnown } from "../../records/usage.ts";
import { chooseSamples } from "./choose-samples.ts";
import { DropCounter } from "./collect-samples.ts";
import { survey, type SelectionOrder } from "./select-samples.ts";
import { totalsOf } from "./selection-totals.ts";

/**
 * What a threshold and a context leave. `meanTruncationRatio`: of the kept, as the recipe counts it; null where nothing is kept.
 * `costUsdPerSample`: all that the runs spent on rollouts and side questions, also on what is not kept, for each kept sample; null where some
 * price is not known or nothing is kept.
 */
export interface SweepRow {
  readonly threshold: number;
  readonly context: number;
  readonly kept: number;
  readonly tokens: number;
  readonly meanTruncationRatio: number | null;
  readonly costUsdPerSample: number | null;
}

export interface SweepGrid {
  readonly thresholds: readonly number[];
  readonly contexts: readonly number[];
}

/** One row for each threshold and context, from one reading of the runs. The recipe's own threshold and context do not count. Throws RecipeError. */
export async function* sweepSamples(
  order: SelectionOrder,
  { thresholds, contexts }: SweepGrid,
  dropped: DropCounter,
): AsyncGenerator<SweepRow> {
  const first = contexts[0];
  if (first === undefined) return;
  const base = { ...order.recipe, context: first };
  const { candidates } = await survey({ ...order, recipe: base }, contexts, dropped);
  const costUsd = await costOf(order.sources);
  for (const threshold of thresholds) {
    for (const context of contexts) {
      const chosen = chooseSamples(candidates, { ...base, threshold, context }, new DropCounter());
      const { samples: kept, tokens } = totalsOf(chosen);
      const ratio = chosen.reduce((sum, { cut }) => sum + (cut?.ratios[base.ratioBy] ?? 1), 0);
      yield {
        threshold,
        context,
        kept,
        tokens: tokens ?? 0,
        meanTruncationRatio: kept === 0 ? null : ratio / kept,
        costUsdPerSample: kept === 0 || costUsd === null ? null : costUsd / kept,
      };
    }
  }
}

/** What work of every kind cost, wherever its lineage ended; null where some price is not known. */
async function costOf(sources: readonly Pick<RunStore, "ledger">[]): Promise<number | null> {
  let costUsd: number | null = 0;
  for (const { ledger } of sources) {
    // What other programs' rollouts cost nobody knows.
    if ((await ledger.count("imported")) > 0) return null;
    for (const kind of ["rollout", "self-check", "pull-request"] as const) {
      for await (const { record } of ledger.list(kind)) costUsd = addKnown(costUsd, record.spending.costUsd);
    }
  }
  return costUsd;
}
