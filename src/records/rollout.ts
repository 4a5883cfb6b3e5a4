import { z } from "zod";
import { AssistantMessage, ToolSchema } from "./message.ts";
import { Spending } from "./usage.ts";

/**
 * How a rollout ended. Everything but `submitted` is a limit of ours: each has its own name and keeps what patch there
 * is (design §5; reference.md §c.7 has the names of the authors' harness).
 */
export const RolloutExit = z.enum([
  "submitted",
  "exit-steps",
  "exit-tokens",
  "exit-context",
  "exit-cost",
  "exit-wall-clock",
  "exit-format",
  "exit-repeated-actions",
  "exit-command-timeouts",
  "exit-command-time",
]);
export type RolloutExit = z.infer<typeof RolloutExit>;

/**
 * One model call of a rollout and what came of it. A `requery` is a reply that held no valid call: the model was shown
 * why and asked again, and neither stays in the history (reference.md §c.4). A `submission` is a call that handed the work in and that
 * nothing answered: its observation is no part of the history. `observation` is the text the model got;
 * `exitCode` is null where no command ran or a signal ended it.
 */
export const Step = z.strictObject({
  turn: z.number().int().nonnegative(),
  kind: z.enum(["action", "requery", "submission"]),
  reply: AssistantMessage,
  observation: z.string(),
  ended: z.enum(["completed", "timed-out", "shell-ended"]).nullable(),
  exitCode: z.number().int().nullable(),
});
export type Step = z.infer<typeof Step>;

/** Everything a rollout said and saw; stored as an artifact. Holds no time, cost or host path. */
export const Transcript = z.strictObject({
  version: z.literal(1),
  toolset: z.string(),
  tools: z.array(ToolSchema),
  system: z.string(),
  user: z.string(),
  steps: z.array(Step),
});
export type Transcript = z.infer<typeof Transcript>;

export const PatchSize = z.strictObject({ files: z.number().int(), added: z.number().int(), removed: z.number().int() });
export type PatchSize = z.infer<typeof PatchSize>;

/**
 * One finished rollout. `problem`: the bug hint or pull request the agent got. `patch` and `transcript` are artifacts; `finalTree` is the git tree that `patch` makes of the
 * snapshot; an empty patch is an artifact of no bytes. `contextEstimated`: the
 * server sent no usage, so the context limit worked on an estimate. `divergedAtStep`: after a resume the world answered
 * otherwise from this turn on (design §3).
 */
export const Rollout = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  lineage: z.string(),
  kind: z.enum(["t1", "t2"]),
  attempt: z.number().int().positive(),
  problem: z.string(),
  exit: RolloutExit,
  transcript: z.string(),
  patch: z.string(),
  patchSize: PatchSize,
  finalTree: z.string(),
  steps: z.number().int().nonnegative(),
  spending: Spending,
  contextEstimated: z.boolean(),
  divergedAtStep: z.number().int().nullable(),
});
export type Rollout = z.infer<typeof Rollout>;
