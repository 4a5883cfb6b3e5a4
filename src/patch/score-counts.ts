import type { PatchScore } from "../records/patch-score.ts";

export type LineCounts = Pick<PatchScore, "matched" | "firstLines" | "secondLines">;

/** Why a ratio is undefined: recall needs lines in the first patch, precision in the second, F1 in both. */
export type UndefinedReason = "first-has-no-lines" | "second-has-no-lines" | "neither-has-lines";

export function scoreCounts({ matched, firstLines, secondLines }: LineCounts): PatchScore {
  return {
    recall: firstLines === 0 ? null : matched / firstLines,
    precision: secondLines === 0 ? null : matched / secondLines,
    f1: firstLines === 0 || secondLines === 0 ? null : (2 * matched) / (firstLines + secondLines),
    sizeRatio: firstLines === 0 ? null : secondLines / firstLines,
    matched,
    firstLines,
    secondLines,
  };
}

export function undefinedReason({ firstLines, secondLines }: LineCounts): UndefinedReason | null {
  if (firstLines === 0) return secondLines === 0 ? "neither-has-lines" : "first-has-no-lines";
  return secondLines === 0 ? "second-has-no-lines" : null;
}
