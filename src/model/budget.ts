import { err, ok, type Result } from "../base/result.ts";
import type { Budget, Reservation } from "../records/budget.ts";
import { failure, type Failure } from "../records/failure.ts";

/** Sums of dollars are not exact in binary; a billionth is nothing. */
const toleranceUsd = 1e-9;

interface Waiter {
  readonly heldUsd: number;
  readonly answer: (result: Result<Reservation, Failure>) => void;
}

/**
 * A budget in US dollars; null has no limit. What is spent, what calls in flight have reserved and a new call's estimate never pass
 * the limit together. A call that was reserved for and whose cost stays unknown counts as its estimate.
 */
export function createBudget(limitUsd: number | null, alreadySpentUsd: number): Budget {
  const purse = new Purse(limitUsd, alreadySpentUsd);
  return {
    spentUsd: () => purse.spentUsd,
    reserve: async (estimateUsd, signal) => await purse.reserve(estimateUsd ?? 0, signal),
  };
}

class Purse {
  spentUsd: number;
  #reservedUsd = 0;
  readonly #limitUsd: number | null;
  readonly #waiting: Waiter[] = [];

  constructor(limitUsd: number | null, spentUsd: number) {
    this.#limitUsd = limitUsd;
    this.spentUsd = spentUsd;
  }

  async reserve(heldUsd: number, signal: AbortSignal): Promise<Result<Reservation, Failure>> {
    if (signal.aborted) return err(cancelled());
    return await new Promise((resolve) => {
      const stopWaiting = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        resolve(err(cancelled()));
      };
      const waiter: Waiter = {
        heldUsd,
        answer: (result) => {
          signal.removeEventListener("abort", stopWaiting);
          resolve(result);
        },
      };
      this.#waiting.push(waiter);
      signal.addEventListener("abort", stopWaiting, { once: true });
      this.#serve();
    });
  }

  /** Answers waiters from the front until one has to wait for calls in flight. */
  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const fits = this.#limitUsd === null || this.spentUsd + this.#reservedUsd + next.heldUsd <= this.#limitUsd + toleranceUsd;
      const hopeless = this.#limitUsd !== null && this.spentUsd + next.heldUsd > this.#limitUsd + toleranceUsd;
      if (!fits && !hopeless) return;
      this.#waiting.shift();
      next.answer(fits ? ok(this.#hold(next.heldUsd)) : err(budgetSpent(this.#limitUsd ?? 0, this.spentUsd, next.heldUsd)));
    }
  }

  #hold(heldUsd: number): Reservation {
    this.#reservedUsd += heldUsd;
    let open = true;
    return {
      settle: (costUsd) => {
        if (!open) throw new Error("a reservation is settled once");
        open = false;
        this.#reservedUsd -= heldUsd;
        this.spentUsd += costUsd ?? heldUsd;
        this.#serve();
      },
    };
  }
}

function cancelled(): Failure {
  return failure({ boundary: "model", code: "cancelled", message: "The call was cancelled before it was sent.", retryable: true });
}

function budgetSpent(limitUsd: number, spentUsd: number, heldUsd: number): Failure {
  const held = `$${dollars(spentUsd)} spent, calls of unknown cost at their estimate, the next call up to $${dollars(heldUsd)}`;
  const message = `The budget of $${dollars(limitUsd)} does not allow another call (${held}).`;
  return failure({ boundary: "model", code: "budget-spent", message, wholeRun: true });
}

function dollars(amount: number): string {
  return amount.toFixed(amount >= 1 ? 2 : 4);
}
