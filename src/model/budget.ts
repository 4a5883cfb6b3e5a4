import { err, ok } from "../base/result.ts";
import type { Budget } from "../records/budget.ts";
import { failure } from "../records/failure.ts";

/** Sums of dollars are not exact in binary; a billionth is nothing. */
const toleranceUsd = 1e-9;

/**
 * A budget in US dollars; null has no limit. A call is refused (`budget-spent`, which stops the run) when what is spent, what calls in
 * flight have reserved and its own estimate pass the limit together. A call that was reserved for and whose cost stays unknown
 * counts as its estimate.
 */
export function createBudget(limitUsd: number | null, alreadySpentUsd: number): Budget {
  let spentUsd = alreadySpentUsd;
  let reservedUsd = 0;
  return {
    spentUsd: () => spentUsd,
    reserve(estimateUsd) {
      const heldUsd = estimateUsd ?? 0;
      const promisedUsd = spentUsd + reservedUsd + heldUsd;
      const isSpent = limitUsd !== null && (promisedUsd > limitUsd + toleranceUsd || spentUsd > limitUsd);
      if (isSpent) return err(budgetSpent({ limitUsd, spentUsd, reservedUsd, heldUsd }));
      reservedUsd += heldUsd;
      let open = true;
      return ok({
        settle(costUsd) {
          if (!open) throw new Error("a reservation is settled once");
          open = false;
          reservedUsd -= heldUsd;
          spentUsd += costUsd ?? heldUsd;
        },
      });
    },
  };
}

interface Amounts {
  readonly limitUsd: number;
  readonly spentUsd: number;
  readonly reservedUsd: number;
  readonly heldUsd: number;
}

function budgetSpent({ limitUsd, spentUsd, reservedUsd, heldUsd }: Amounts): ReturnType<typeof failure> {
  const held = `$${dollars(spentUsd)} spent, calls of unknown cost at their estimate, $${dollars(reservedUsd)} reserved by calls in flight, the next call up to $${dollars(heldUsd)}`;
  const message = `The budget of $${dollars(limitUsd)} does not allow another call (${held}).`;
  return failure({ boundary: "model", code: "budget-spent", message, wholeRun: true });
}

function dollars(amount: number): string {
  return amount.toFixed(amount >= 1 ? 2 : 4);
}
