import { z } from "zod";

const milliseconds = z.number().int().positive();

/** How long each thing may take; none of it decides what is produced, but for `commandMs` and the rollout's own. */
const Deadlines = z
  .strictObject({
    firstByteMs: milliseconds.default(600_000).describe("Wait for the first byte of a model's reply."),
    stallMs: milliseconds.default(120_000).describe("Longest silence within a model's reply."),
    commandMs: milliseconds.default(300_000).describe("One command of the agent."),
    commandTotalMs: milliseconds.default(1_800_000).describe("All commands of a rollout together."),
    rolloutMs: milliseconds.default(7_200_000).describe("A whole rollout by the clock."),
    openMs: milliseconds.default(120_000).describe("Opening a sandbox."),
    setupMs: milliseconds.default(1_800_000).describe("All set-up commands of a snapshot together."),
  })
  .prefault({});

/** Settings of the agent loop. Defaults: paper.md §2 and reference.md (115 calls, temperature 0.6, 300 s a command). */
export const RolloutConfig = z
  .strictObject({
    toolset: z.enum(["sera", "mini"]).default("sera").describe("Tools the teacher works with, and the student learns."),
    toolsetTexts: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("YAML or JSON file whose texts stand in the place of the toolset's own: system, frame, review, requery, descriptions."),
    redact: z
      .boolean()
      .default(false)
      .describe("Secrets and personal data go to the teacher as placeholders, which are put back where it uses them."),
    temperature: z.number().min(0).max(2).default(0.6).describe("Sampling temperature of the teacher."),
    maxSteps: z.number().int().positive().default(115).describe("Model calls of one rollout."),
    maxTokens: z
      .number()
      .int()
      .positive()
      .nullable()
      .default(null)
      .describe("Input and output tokens of one rollout, summed over its calls."),
    context: z.number().int().positive().default(128_000).describe("Tokens of the teacher's context that a rollout may fill."),
    maxCostUsd: z.number().positive().nullable().default(null).describe("Dollars of one rollout."),
    maxOutputTokens: z.number().int().positive().nullable().default(null).describe("Tokens of one reply; null: the server's own limit."),
    formatErrors: z.number().int().positive().default(3).describe("Consecutive replies without one valid call that end a rollout."),
    repeatedActions: z.number().int().min(2).default(6).describe("Equal actions with equal observations in a row that end a rollout."),
    commandTimeouts: z.number().int().positive().default(3).describe("Consecutive commands over their deadline that end a rollout."),
    attempts: z
      .number()
      .int()
      .min(1)
      .max(51)
      .default(3)
      .describe("First rollouts of a function, each from a new hint, until the self-check says yes."),
    tries: z.number().int().positive().default(8).describe("Requests for one reply before the lineage fails."),
    deadlines: Deadlines.describe("How long each thing may take, in milliseconds."),
  })
  .prefault({});
export type RolloutConfig = z.infer<typeof RolloutConfig>;
