import { setTimeout as sleep } from "node:timers/promises";

const longestTimerMs = 2 ** 31 - 1;

/** A signal that aborts with `outer`, or after `timeoutMs` (rounded up; at once where it is past) with a TimeoutError as its reason. */
export function deadline(outer: AbortSignal, timeoutMs: number): AbortSignal {
  const wholeMs = Math.max(0, Math.min(Math.ceil(timeoutMs), longestTimerMs));
  return AbortSignal.any([outer, AbortSignal.timeout(wholeMs)]);
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
