import { contentId } from "../../base/hash.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import { comparePatches } from "../../patch/compare-patches.ts";
import { failure, type Failure } from "../../records/failure.ts";
import type { Lineage } from "../../records/lineage.ts";
import type { PatchScore } from "../../records/patch-score.ts";
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
    const score = await scorePatches(first.patch, second.patch, context.artifacts);
    if (!score.ok) return score;
    return ok({ version: 1, key, lineage: lineage.key, firstPatch: first.patch, secondPatch: second.patch, score: score.value });
  },
};

/** Scores two stored patches; they are git's own, so one that does not parse is a damaged artifact. */
export async function scorePatches(first: string, second: string, artifacts: Artifacts): Promise<Result<PatchScore, Failure>> {
  const [one, other] = await Promise.all([artifacts.get(first), artifacts.get(second)]);
  if (one === null || other === null) return err(damaged("is missing"));
  const compared = comparePatches(one, other);
  if (!compared.ok) return err(damaged("cannot be read as a diff"));
  const { recall, precision, f1, matched, firstLines, secondLines } = compared.value;
  return ok({ recall, precision, f1, matched, firstLines, secondLines });
}

function damaged(what: string): Failure {
  return failure({ boundary: "storage", code: "patch-damaged", message: `A stored patch ${what}: run \`apprentice verify\`.` });
}
