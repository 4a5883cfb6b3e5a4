import { z } from "zod";
import { Message, ToolSchema } from "./message.ts";
import { PatchSize, RolloutExit } from "./rollout.ts";
import { SafetyReason } from "./safety-flag.ts";

/** How far the second patch agrees with the first (paper.md §1.5); null where undefined, `scores` null where nothing was compared. */
export const SampleScores = z.strictObject({
  recall: z.number().nullable(),
  precision: z.number().nullable(),
  f1: z.number().nullable(),
  sizeRatio: z.number().nullable(),
});
export type SampleScores = z.infer<typeof SampleScores>;

/**
 * Where a sample comes from, so that a row can be followed back to its function and commit. `origin`: the program whose rollout it was.
 * `rollout`: the key of the rollout, or the id the other program gave it. `attempt`: which of at most three first rollouts (1 is the
 * first). `sampling`: what the teacher was asked with. `licence`: SPDX id of the repository's licence; `termsAllowTraining`: whether the
 * teacher's terms allow it; `null` throughout: not known. `tool`: name and version of the program that made the rollout.
 */
export const SampleProvenance = z.strictObject({
  origin: z.enum(["apprentice", "sera", "swe-agent", "mini-swe-agent", "openhands"]),
  rollout: z.string(),
  repository: z.string().nullable(),
  commit: z.string().nullable(),
  path: z.string().nullable(),
  qualifiedName: z.string().nullable(),
  language: z.string().nullable(),
  licence: z.string().nullable(),
  hint: z.string().nullable(),
  teacher: z.string().nullable(),
  sampling: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  termsAllowTraining: z.boolean().nullable(),
  attempt: z.number().int().positive().nullable(),
  tool: z.string(),
});
export type SampleProvenance = z.infer<typeof SampleProvenance>;

/**
 * One canonical training sample: a whole conversation and where it comes from. Every export format is made from this.
 * `messages` begin with system and user, then assistant and tool in turn. `kind`: first or second rollout; null for one of another
 * program that knows no such thing. `patchSize` null: the patch is not known. `flags`: why it would be left out, were flagged samples not
 * asked for. `failedSteps`: positions in `messages` of assistant turns whose call failed, which a trainer may mask.
 * Nothing here depends on time, cost or host.
 */
export const Sample = z.strictObject({
  version: z.literal(3),
  id: z.string(),
  lineage: z.string(),
  kind: z.enum(["t1", "t2"]).nullable(),
  provenance: SampleProvenance,
  exit: z.union([RolloutExit, z.string()]).nullable(),
  patchSize: PatchSize.nullable(),
  scores: SampleScores.nullable(),
  toolset: z.string().nullable(),
  tools: z.array(ToolSchema),
  flags: z.array(SafetyReason),
  failedSteps: z.array(z.number().int().nonnegative()),
  messages: z.array(Message),
});
export type Sample = z.infer<typeof Sample>;

/**
 * A sample as a selection took it. `sample.messages` are those that are kept: `ratios` say how much of the whole that is, by steps
 * (paper.md §3.2) and by messages (the authors' code); both 1 where all of it fits. `tokens`: of what is kept, in the student's own
 * template; null where no tokenizer was asked. `redactions`: placeholders that stand in it.
 */
export const SelectedSample = z.strictObject({
  sample: Sample,
  tokens: z.number().int().nullable(),
  ratios: z.strictObject({ steps: z.number(), messages: z.number() }).nullable(),
  redactions: z.number().int().nonnegative(),
});
export type SelectedSample = z.infer<typeof SelectedSample>;
