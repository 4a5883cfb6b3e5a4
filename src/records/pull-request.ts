import { z } from "zod";

/** The synthetic pull request written from a first rollout in the style of a demonstration (paper.md §1.4). Text null: unreadable. */
export const PullRequest = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  rollout: z.string(),
  demonstration: z.string(),
  text: z.string().nullable(),
  calls: z.number().int(),
  costUsd: z.number().nullable(),
});
export type PullRequest = z.infer<typeof PullRequest>;
