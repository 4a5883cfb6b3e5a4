import { failure, type Failure } from "./failure.ts";

/** Sums of dollars are not exact in binary; a billionth is nothing. */
export const toleranceUsd = 1e-9;

/** A call that was given up while it waited for room in the budget. */
export function notSent(): Failure {
  return failure({ boundary: "model", code: "cancelled", message: "The call was cancelled before it was sent.", retryable: true });
}

/** No room for a call that may cost so much, even when nothing is in flight; it stops the run. */
export function budgetSpent(limitUsd: number, spentUsd: number, heldUsd: number): Failure {
  const held = `$${dollars(spentUsd)} spent, calls of unknown cost at their estimate, the next call up to $${dollars(heldUsd)}`;
  const message = `The budget of $${dollars(limitUsd)} does not allow another call (${held}).`;
  return failure({ boundary: "model", code: "budget-spent", message, wholeRun: true });
}

function dollars(amount: number): string {
  return amount.toFixed(amount >= 1 ? 2 : 4);
}
