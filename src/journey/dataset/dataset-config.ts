import { z } from "zod";

/** Which samples a dataset takes and how they are written; nothing here decides what a run produces. */
export const DatasetConfig = z
  .strictObject({
    kind: z.enum(["t1", "t2", "both"]).default("both").describe("First rollouts, second rollouts, or both."),
    threshold: z.number().min(0).max(1).default(0.5).describe("Least recall of a lineage whose second rollout is taken; 0 takes all."),
    flagged: z
      .enum(["drop", "keep"])
      .default("drop")
      .describe("Samples in which text gives orders to an AI, or calls reach for network, keys or files outside: left out, or kept."),
    reasoning: z
      .enum(["keep_only_think", "keep_only_non_think", "keep", "wrap", "none"])
      .default("keep_only_think")
      .describe("What hermes rows do with reasoning; the default is the form the authors ship."),
  })
  .prefault({});
export type DatasetConfig = z.infer<typeof DatasetConfig>;
