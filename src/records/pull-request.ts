import { z } from "zod";
import { Spending } from "./usage.ts";

/** The synthetic pull request written from a first rollout in the style of a demonstration (paper.md §1.4). Text null: unreadable. */
export const PullRequest = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  rollout: z.string(),
  demonstration: z.string(),
  text: z.string().nullable(),
  spending: Spending,
});
export type PullRequest = z.infer<typeof PullRequest>;
