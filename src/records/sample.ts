import { z } from "zod";
import { Message, ToolSchema } from "./message.ts";
import { SafetyReason } from "./safety-flag.ts";

/**
 * One canonical training sample: a whole conversation and where it comes from. Every export format is made from this.
 * `messages` begin with system and user, then assistant and tool in turn. `flags`: why it would be left out, were flagged samples not
 * asked for; version 1 had none. Nothing here depends on time, cost or host.
 */
export const Sample = z.strictObject({
  version: z.literal(2),
  id: z.string(),
  lineage: z.string(),
  kind: z.enum(["t1", "t2"]),
  repository: z.string(),
  commit: z.string(),
  path: z.string(),
  qualifiedName: z.string(),
  language: z.string(),
  recall: z.number().nullable(),
  teacher: z.string(),
  toolset: z.string(),
  tools: z.array(ToolSchema),
  flags: z.array(SafetyReason),
  messages: z.array(Message),
});
export type Sample = z.infer<typeof Sample>;
