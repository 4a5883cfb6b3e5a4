/**
 * A conversation's roles, and the tokens up to and with each of its messages. `context`: tokens that a trainer takes; what fits stays
 * below it, as the authors count (reference.md §h).
 */
export interface TruncationOrder {
  readonly roles: readonly string[];
  readonly ends: readonly number[];
  readonly context: number;
}

/** `kept`: messages; `tokens`: theirs. `ratios`: by steps, that is assistant turns (paper.md §3.2), and by messages (the authors' code). */
export interface Truncation {
  readonly kept: number;
  readonly tokens: number;
  readonly ratios: { readonly steps: number; readonly messages: number };
}

/** What of a conversation fits, cut after the last assistant turn before the message that does not; null: not one turn does. */
export function truncate({ roles, ends, context }: TruncationOrder): Truncation | null {
  const overflowing = ends.findIndex((end) => end >= context);
  const kept = overflowing < 0 ? roles.length : roles.lastIndexOf("assistant", overflowing - 1) + 1;
  if (overflowing === 0 || kept === 0) return null;
  const steps = (upTo: number): number => roles.slice(0, upTo).filter((role) => role === "assistant").length;
  const all = steps(roles.length);
  return {
    kept,
    tokens: ends[kept - 1] ?? 0,
    ratios: { steps: all === 0 ? 1 : steps(kept) / all, messages: kept / roles.length },
  };
}
