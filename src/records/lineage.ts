import { z } from "zod";
import { Failure } from "./failure.ts";
import { FunctionSite } from "./function-site.ts";

/** One function site followed through the journey. `position` is its place in the seeded draw; `key` is its identity. */
export const Lineage = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  position: z.number().int().nonnegative(),
  snapshot: z.string(),
  site: FunctionSite,
});
export type Lineage = z.infer<typeof Lineage>;

/** A rule of the method that says no to a lineage that finished (design §1). */
export const RejectionRule = z.enum([
  "self-check",
  "pull-request-unreadable",
  "second-rollout-not-submitted",
  "second-rollout-empty-patch",
]);
export type RejectionRule = z.infer<typeof RejectionRule>;

const finished = {
  version: z.literal(1),
  lineage: z.string(),
  /** Keys of the first rollouts and their self-checks, one an attempt, in order; the last attempt is the one that counts. */
  firstRollouts: z.array(z.string()),
  selfChecks: z.array(z.string()),
};

/**
 * How a lineage ended. Every lineage that enters the run has one (design §4). Kept and rejected are final, under the lineage's
 * key; each try that failed has its own, under `failedOutcomeKey`.
 */
export const LineageOutcome = z.discriminatedUnion("state", [
  z.strictObject({
    ...finished,
    state: z.literal("kept"),
    pullRequest: z.string(),
    secondRollout: z.string(),
    score: z.string(),
  }),
  z.strictObject({
    ...finished,
    state: z.literal("rejected"),
    rule: RejectionRule,
    detail: z.string(),
    pullRequest: z.string().nullable(),
    secondRollout: z.string().nullable(),
  }),
  z.strictObject({
    version: z.literal(1),
    lineage: z.string(),
    state: z.literal("failed"),
    stage: z.string(),
    failure: Failure,
    tries: z.number().int().positive(),
  }),
]);
export type LineageOutcome = z.infer<typeof LineageOutcome>;

/** Key of the outcome of a failed try, counted from 1. */
export function failedOutcomeKey(lineage: string, tries: number): string {
  return `${lineage}:failed:${tries}`;
}
