import { ok, type Result } from "../base/result.ts";
import type { Lineage, LineageOutcome } from "../records/lineage.ts";
import { firstRollout } from "./first-rollout/first-rollout.ts";
import { pullRequest } from "./pull-request/pull-request.ts";
import { secondRollout } from "./second-rollout/second-rollout.ts";
import { selfCheck } from "./self-check/self-check.ts";
import { softVerification } from "./soft-verification/soft-verification.ts";
import type { Performer, StageFailure } from "./stage.ts";

/**
 * Soft Verified Generation for one function (paper.md §1): the teacher works on a vague bug hint; when its answer is a real
 * one, a pull request is written from what it did; the teacher works again from that text alone; the two patches are
 * compared. Intake and functions come before, the dataset after all lineages: see run-journey.ts.
 */
export async function followLineage(
  lineage: Lineage,
  attempts: number,
  { perform }: Performer,
): Promise<Result<LineageOutcome, StageFailure>> {
  const trail = { version: 1 as const, lineage: lineage.key, firstRollouts: [] as string[], selfChecks: [] as string[] };

  for (let attempt = 1; ; attempt++) {
    const first = await perform(firstRollout, { lineage, attempt });
    if (!first.ok) return first;
    const check = await perform(selfCheck, { rollout: first.value });
    if (!check.ok) return check;
    trail.firstRollouts.push(first.value.key);
    trail.selfChecks.push(check.value.key);

    if (!check.value.accepted) {
      if (attempt < attempts) continue;
      return ok({ ...trail, state: "rejected", rule: "self-check", detail: check.value.reason, pullRequest: null, secondRollout: null });
    }

    const request = await perform(pullRequest, { lineage, rollout: first.value });
    if (!request.ok) return request;
    const text = request.value.text;
    const asked = { ...trail, pullRequest: request.value.key };
    if (text === null) {
      return ok({ ...asked, state: "rejected", rule: "pull-request-unreadable", detail: "no readable answer", secondRollout: null });
    }

    const second = await perform(secondRollout, { lineage, pullRequest: request.value.key, text });
    if (!second.ok) return second;
    const done = { ...asked, secondRollout: second.value.key };
    if (second.value.exit !== "submitted") {
      return ok({ ...done, state: "rejected", rule: "second-rollout-not-submitted", detail: second.value.exit });
    }
    if (second.value.patchSize.files === 0) {
      return ok({ ...done, state: "rejected", rule: "second-rollout-empty-patch", detail: "nothing was changed" });
    }

    const verification = await perform(softVerification, { lineage, first: first.value, second: second.value });
    if (!verification.ok) return verification;
    return ok({ ...done, state: "kept", score: verification.value.key });
  }
}
