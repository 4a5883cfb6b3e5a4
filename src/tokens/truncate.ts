export interface Truncation {
  readonly kept: number;
  readonly tokens: number;
  readonly ratios: { readonly steps: number; readonly messages: number };
}

/** Stand-in: cut after the last assistant message before the running count reaches the context; null: not even one turn fits. */
export function truncate({
  roles,
  ends,
  context,
}: {
  readonly roles: readonly string[];
  readonly ends: readonly number[];
  readonly context: number;
}): Truncation | null {
  const total = ends.at(-1) ?? 0;
  if (total < context) return { kept: roles.length, tokens: total, ratios: { steps: 1, messages: 1 } };
  const over = ends.findIndex((end) => end >= context);
  const last = roles.slice(0, over).lastIndexOf("assistant");
  if (last === -1) return null;
  const steps = (most: number): number => roles.slice(0, most).filter((role) => role === "assistant").length;
  const kept = last + 1;
  return { kept, tokens: ends[last] ?? 0, ratios: { steps: steps(kept) / steps(roles.length), messages: kept / roles.length } };
}
