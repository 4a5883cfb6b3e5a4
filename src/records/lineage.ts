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

const produced = {
  version: z.literal(1),
  lineage: z.string(),
  /** Keys of the records of each attempt's first rollout, in order. */
  firstRollouts: z.array(z.string()),
  selfChecks: z.array(z.string()),
};

/** How one try at a lineage ended. Every lineage that enters the run has one (design §4). */
export const LineageOutcome = z.discriminatedUnion("state", [
  z.strictObject({
    ...produced,
    state: z.literal("kept"),
    pullRequest: z.string(),
    secondRollout: z.string(),
    score: z.string(),
  }),
  z.strictObject({
    ...produced,
    state: z.literal("rejected"),
    rule: RejectionRule,
    detail: z.string(),
    pullRequest: z.string().nullable(),
    secondRollout: z.string().nullable(),
  }),
  z.strictObject({ ...produced, state: z.literal("failed"), stage: z.string(), failure: Failure, tries: z.number().int() }),
]);
export type LineageOutcome = z.infer<typeof LineageOutcome>;
