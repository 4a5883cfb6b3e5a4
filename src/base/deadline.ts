import { setTimeout as sleep } from "node:timers/promises";

/** A signal that aborts with `outer`, or after `timeoutMs` with a TimeoutError as its reason. */
export function deadline(outer: AbortSignal, timeoutMs: number): AbortSignal {
  return AbortSignal.any([outer, AbortSignal.timeout(Math.min(timeoutMs, 2 ** 31 - 1))]);
}

/** Waits, or returns early with false when the signal aborts. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await sleep(durationMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
