import { within } from "./within.ts";

/** What an action gives; null: it gave nothing, took too long, or was not wanted any more. The action itself is not ended. */
export async function untilStopped<Value>(
  until: { readonly signal: AbortSignal; readonly waitMs: number },
  action: () => Promise<Value | null>,
): Promise<Value | null> {
  if (until.signal.aborted) return null;
  const stopped = Promise.withResolvers<null>();
  const stop = (): void => stopped.resolve(null);
  until.signal.addEventListener("abort", stop, { once: true });
  try {
    return (await within(Promise.race([action(), stopped.promise]), until.waitMs)) ?? null;
  } finally {
    until.signal.removeEventListener("abort", stop);
  }
}
