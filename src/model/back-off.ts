/** `failures`: how many tries have failed, from 1. `jitter`: a draw in [0, 1). */
export interface FailedTries {
  readonly failures: number;
  readonly retryAfterMs: number | null;
  readonly jitter: number;
}

const firstMs = 1000;
const longestMs = 60_000;
const longestAskedMs = 600_000;

/**
 * How long to wait before the next try, in milliseconds: doubling from 1 s to at most 60 s, of which the upper half is drawn; never
 * sooner than the server asks for, up to 10 min, and then up to a tenth later, so that waiting calls do not come back together.
 */
export function backOffMs({ failures, retryAfterMs, jitter }: FailedTries): number {
  const ownMs = Math.min(longestMs, firstMs * 2 ** (failures - 1));
  const drawnMs = (ownMs / 2) * (1 + jitter);
  const askedMs = Math.min(longestAskedMs, retryAfterMs ?? 0) * (1 + jitter / 10);
  return Math.round(Math.max(drawnMs, askedMs));
}
