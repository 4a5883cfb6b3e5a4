import { contentId } from "../../base/hash.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { comparePatches, type PatchComparison } from "../../patch/compare-patches.ts";
import { compareSera } from "../../patch/compare-sera.ts";
import { failure, type Failure } from "../../records/failure.ts";
import type { Lineage } from "../../records/lineage.ts";
import type { ComparedLines, PatchScore } from "../../records/patch-score.ts";
import type { Rollout } from "../../records/rollout.ts";
import type { Stage } from "../stage.ts";

export interface SoftVerificationInput {
  readonly lineage: Lineage;
  readonly first: Rollout;
  readonly second: Rollout;
}

/** Patches P1 and P2 in; their agreement out. All scores are stored, thresholds are applied later (paper.md §1.5). */
export const softVerification: Stage<"verification", SoftVerificationInput> = {
  name: "soft-verification",
  kind: "verification",
  keyOf: ({ first, second }) => contentId(["soft-verification", first.key, second.key]),
  async run({ key, input, context }) {
    const { lineage, first, second } = input;
    const compared = await scorePatches(first.patch, second.patch, context.artifacts);
    if (!compared.ok) return compared;
    const { lines, ...scores } = compared.value;
    const stored = await context.artifacts.put(JSON.stringify(lines));
    return ok({ version: 2, key, lineage: lineage.key, firstPatch: first.patch, secondPatch: second.patch, ...scores, lines: stored });
  },
};

/** All that is stored of a comparison. */
export interface ScoredPatches {
  readonly score: PatchScore;
  readonly ignoringWhitespace: PatchScore;
  readonly anywhere: PatchScore;
  readonly sera: PatchScore;
  readonly lines: ComparedLines;
}

/** Scores two stored patches; they are git's own, so one that does not parse is a damaged artifact. */
export async function scorePatches(first: string, second: string, artifacts: Artifacts): Promise<Result<ScoredPatches, Failure>> {
  const [one, other] = await Promise.all([artifacts.get(first), artifacts.get(second)]);
  if (one === null || other === null) return err(damaged("is missing"));
  const compared = comparePatches(one, other);
  if (!compared.ok) return err(damaged("cannot be read as a diff"));
  const { ignoringWhitespace, anywhere } = compared.value;
  return ok({
    score: scoreOf(compared.value),
    ignoringWhitespace,
    anywhere,
    sera: scoreOf(compareSera(one, other)),
    lines: linesOf(compared.value),
  });
}

function scoreOf({ recall, precision, f1, sizeRatio, matched, firstLines, secondLines }: PatchScore): PatchScore {
  return { recall, precision, f1, sizeRatio, matched, firstLines, secondLines };
}

function linesOf({ files, matchedLines, movedLines }: PatchComparison): ComparedLines {
  const first = new Map(files.map(({ firstPath, secondPath }, position) => [firstPath ?? secondPath, position]));
  const second = new Map(files.map(({ secondPath }, position) => [secondPath, position]));
  const pairs = files.map((): ComparedLines["files"][number]["matchedLines"] => []);
  for (const { file, sign, lineInFirst, lineInSecond } of matchedLines)
    pairs[first.get(file) ?? -1]?.push([sign, lineInFirst, lineInSecond]);
  return {
    version: 1,
    files: files.map((file, position) => ({ ...file, matchedLines: pairs[position] ?? [] })),
    moved: movedLines.map(({ fileInFirst, fileInSecond, sign, lineInFirst, lineInSecond }) => [
      first.get(fileInFirst) ?? -1,
      second.get(fileInSecond) ?? -1,
      sign,
      lineInFirst,
      lineInSecond,
    ]),
  };
}

function damaged(what: string): Failure {
  return failure({ boundary: "storage", code: "patch-damaged", message: `A stored patch ${what}: run \`apprentice verify\`.` });
}
