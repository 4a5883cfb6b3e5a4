import type { Failure } from "./failure.ts";
import type { Result } from "../base/result.ts";

/**
 * Money a run may spend: reserved before a call, settled after it, so that a run never promises more than its budget.
 * Amounts are US dollars; null is a price that is not known, which reserves nothing.
 */
export interface Budget {
  /**
   * Waits, longest waiter first, while only what calls in flight hold stands in the way. Fails with `budget-spent`, which stops the
   * run, when there is no room even without them, and with `cancelled` by the signal.
   */
  reserve(estimateUsd: number | null, signal: AbortSignal): Promise<Result<Reservation, Failure>>;
  spentUsd(): number;
}

export interface Reservation {
  /** Called exactly once, also after a failed call. */
  settle(costUsd: number | null): void;
}
