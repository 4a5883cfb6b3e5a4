import type { Failure } from "./failure.ts";
import type { Result } from "../base/result.ts";

/**
 * Money and time a run may spend: reserved before a call, settled after it, so that a run passes its budget by no more
 * than the calls in flight. Amounts are US dollars; null is a price that is not known, which reserves nothing.
 */
export interface Budget {
  reserve(estimateUsd: number | null): Result<Reservation, Failure>;
  spentUsd(): number;
}

export interface Reservation {
  /** Called exactly once, also after a failed call. */
  settle(costUsd: number | null): void;
}
