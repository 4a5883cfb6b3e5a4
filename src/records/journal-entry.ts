import { z } from "zod";
import { Failure } from "./failure.ts";
import { ModelReply } from "./message.ts";
import { Usage } from "./usage.ts";

/** Names one request: the work it belongs to (a rollout's or a question's key), the turn within it, and the try (from 1). */
const call = { key: z.string(), turn: z.number().int().nonnegative(), try: z.number().int().positive() };

/**
 * One entry of the journal of paid replies (design §3). `at` is epoch milliseconds. An intent without a reply or call-failure of
 * the same call is possibly paid. `estimateUsd`: what a budget reserved for the call; left out: its price is not known. `superseded`: recorded replies from this turn on were paid but no longer apply.
 */
export const JournalEntry = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("intent"), ...call, requestHash: z.string(), estimateUsd: z.number().optional(), at: z.number() }),
  z.strictObject({ kind: z.literal("reply"), ...call, reply: ModelReply, costUsd: z.number().nullable(), at: z.number() }),
  z.strictObject({
    kind: z.literal("call-failure"),
    ...call,
    failure: Failure,
    usage: Usage,
    costUsd: z.number().nullable(),
    at: z.number(),
  }),
  z.strictObject({
    kind: z.literal("observation"),
    key: z.string(),
    turn: z.number().int().nonnegative(),
    observation: z.string(),
    ended: z.enum(["completed", "timed-out", "shell-ended"]).nullable(),
    exitCode: z.number().int().nullable(),
    at: z.number(),
  }),
  z.strictObject({ kind: z.literal("superseded"), key: z.string(), turn: z.number().int().nonnegative(), at: z.number() }),
]);
export type JournalEntry = z.infer<typeof JournalEntry>;
