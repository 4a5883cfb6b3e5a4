import { z } from "zod";
import { Spending } from "./usage.ts";

/**
 * Was the first patch a real answer to its bug hint? (paper.md §1.3). `reason` names why not: the rollout did not submit, its
 * patch was empty, the teacher said no, or its answers could not be read.
 */
export const SelfCheck = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  rollout: z.string(),
  accepted: z.boolean(),
  reason: z.enum(["accepted", "not-submitted", "empty-patch", "refused", "unreadable"]),
  spending: Spending,
});
export type SelfCheck = z.infer<typeof SelfCheck>;
