import { z } from "zod";

/**
 * Why a sample is flagged (design §5), the gravest first. `injection`: what the agent read gives orders to an AI. The others are of its own
 * calls, done or only tried: `credentials`: it reached for keys; `network`: for another host; `outside-workspace`: for files that are none of its work.
 */
export const SafetyReason = z.enum(["injection", "credentials", "network", "outside-workspace"]);
export type SafetyReason = z.infer<typeof SafetyReason>;

/**
 * One thing in a transcript that makes its sample flagged. `where`: the problem it was given, what it saw, or what it called; `turn`: of
 * which turn, null for the problem; `rule`: which of the declared rules; `excerpt`: the words that matched and some around them.
 */
export const SafetyFlag = z.strictObject({
  reason: SafetyReason,
  where: z.enum(["problem", "observation", "call"]),
  turn: z.number().int().nonnegative().nullable(),
  rule: z.string(),
  excerpt: z.string(),
});
export type SafetyFlag = z.infer<typeof SafetyFlag>;
