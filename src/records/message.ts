import { z } from "zod";
import { Usage } from "./usage.ts";

/** One call of a tool. `arguments` is the JSON text as the model wrote it, unparsed and possibly malformed. */
export const ToolCall = z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() });
export type ToolCall = z.infer<typeof ToolCall>;

/** A part of a reply's reasoning as its server signed it, which must go back to it byte for byte (Anthropic's thinking blocks). */
export const SignedReasoning = z.record(z.string(), z.unknown());
export type SignedReasoning = z.infer<typeof SignedReasoning>;

/** `content`: text outside reasoning; `reasoning`: null where the server sent none; `signedReasoning`: only where the server signs it. */
export const AssistantMessage = z.strictObject({
  role: z.literal("assistant"),
  content: z.string(),
  reasoning: z.string().nullable(),
  toolCalls: z.array(ToolCall),
  signedReasoning: z.array(SignedReasoning).optional(),
});
export type AssistantMessage = z.infer<typeof AssistantMessage>;

/** One message of a conversation, in no dialect. */
export const Message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("system"), content: z.string() }),
  z.strictObject({ role: z.literal("user"), content: z.string() }),
  AssistantMessage,
  z.strictObject({ role: z.literal("tool"), content: z.string(), toolCallId: z.string() }),
]);
export type Message = z.infer<typeof Message>;

/** A tool as a model sees it: JSON Schema of its parameters. */
export const ToolSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.unknown()),
});
export type ToolSchema = z.infer<typeof ToolSchema>;

/** One complete reply of a model. `finish` "other" is a reason the server named and we do not know. */
export const ModelReply = z.strictObject({
  message: AssistantMessage,
  finish: z.enum(["stop", "tool-calls", "length", "filter", "other"]),
  usage: Usage,
});
export type ModelReply = z.infer<typeof ModelReply>;
