import { err, ok, type Result } from "../base/result.ts";
import type { Budget, Reservation } from "../records/budget.ts";
import { budgetSpent, notSent, toleranceUsd } from "../records/budget-failures.ts";
import type { Failure } from "../records/failure.ts";

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
    if (signal.aborted) return err(notSent());
    return await new Promise((resolve) => {
      const stopWaiting = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        resolve(err(notSent()));
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
