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

const verified = { key: z.string(), lineage: z.string(), firstPatch: z.string(), secondPatch: z.string(), score: PatchScore };

/**
 * The soft verification of a lineage: scores are stored, thresholds are applied later. `ignoringWhitespace`: lines are compared without white
 * space; `anywhere`: without their files, so that moved lines are found; `sera`: by the authors' counting. `lines`: the artifact with
 * scores by file and the positions of the lines that match (`ComparedLines`). Version 1 had `score` alone.
 */
export const Verification = z.discriminatedUnion("version", [
  z.strictObject({ ...verified, version: z.literal(1) }),
  z.strictObject({
    ...verified,
    version: z.literal(2),
    ignoringWhitespace: PatchScore,
    anywhere: PatchScore,
    sera: PatchScore,
    lines: z.string(),
  }),
]);
export type Verification = z.infer<typeof Verification>;

/** A line that both patches change: sign, its number in the first, its number in the second; in the new file for "+", in the old for "-". */
const LinePair = z.tuple([z.enum(["+", "-"]), z.number().int(), z.number().int()]);

/** What an artifact of a verification holds. `moved`: lines that match only in another file, by the positions of both in `files`. */
export const ComparedLines = z.strictObject({
  version: z.literal(1),
  files: z.array(
    PatchScore.extend({ firstPath: z.string().nullable(), secondPath: z.string().nullable(), matchedLines: z.array(LinePair) }),
  ),
  moved: z.array(z.tuple([z.number().int(), z.number().int(), ...LinePair.def.items])),
});
export type ComparedLines = z.infer<typeof ComparedLines>;
