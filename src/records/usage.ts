import { z } from "zod";

/**
 * Tokens of one or more model calls as the server reported them. `input` includes `cached`. Null: the server did
 * not say, which is not zero.
 */
export const Usage = z.strictObject({
  input: z.number().int().nonnegative().nullable(),
  cached: z.number().int().nonnegative().nullable(),
  output: z.number().int().nonnegative().nullable(),
});
export type Usage = z.infer<typeof Usage>;

export const unknownUsage: Usage = { input: null, cached: null, output: null };
export const noUsage: Usage = { input: 0, cached: 0, output: 0 };

/** A sum in which one unknown makes the total unknown. */
export function addKnown(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

export function addUsage(a: Usage, b: Usage): Usage {
  return { input: addKnown(a.input, b.input), cached: addKnown(a.cached, b.cached), output: addKnown(a.output, b.output) };
}
