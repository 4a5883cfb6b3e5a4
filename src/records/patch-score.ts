import { z } from "zod";

/**
 * Agreement of two patches by changed lines, counted as a multiset of (file, sign, text) (paper.md §1.5). Ratios are null where
 * undefined: recall without first lines, precision without second lines. `sizeRatio`: lines of the second for each of the first; absent
 * in what was scored before there was one.
 */
export const PatchScore = z.strictObject({
  recall: z.number().nullable(),
  precision: z.number().nullable(),
  f1: z.number().nullable(),
  sizeRatio: z.number().nullable().optional(),
  matched: z.number().int(),
  firstLines: z.number().int(),
  secondLines: z.number().int(),
});
export type PatchScore = z.infer<typeof PatchScore>;

/** The soft verification of a lineage: scores are stored, thresholds are applied later. */
export const Verification = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  lineage: z.string(),
  firstPatch: z.string(),
  secondPatch: z.string(),
  score: PatchScore,
});
export type Verification = z.infer<typeof Verification>;
