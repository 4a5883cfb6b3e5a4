import { z } from "zod";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { ToolSchema } from "../records/message.ts";
import type { Message } from "../records/message.ts";
import { Sample } from "../records/sample.ts";
import { toolJson } from "./tool-json.ts";

const FunctionCall = z.object({ name: z.string(), arguments: z.string() });
const RowCall = z.object({ id: z.string(), type: z.literal("function"), function: FunctionCall });

const RowMessage = z.discriminatedUnion("role", [
  z.object({ role: z.literal("system"), content: z.string() }),
  z.object({ role: z.literal("user"), content: z.string() }),
  z.object({
    role: z.literal("assistant"),
    content: z.string(),
    reasoning_content: z.string().nullish(),
    tool_calls: z.array(RowCall).nullish(),
  }),
  z.object({ role: z.literal("tool"), tool_call_id: z.string(), content: z.string() }),
]);
type RowMessage = z.infer<typeof RowMessage>;

/**
 * A sample as an OpenAI conversation with tool calls: arguments are JSON text, reasoning is `reasoning_content`, absent where there was
 * none. Nothing is lost: `fromMessages` gives the sample back. `meta` is what the sample says of itself.
 */
export const MessagesRow = z.object({
  messages: z.array(RowMessage),
  tools: z.array(z.object({ type: z.literal("function"), function: ToolSchema })),
  instance_id: z.string(),
  meta: Sample.omit({ id: true, tools: true, messages: true }),
});
export type MessagesRow = z.infer<typeof MessagesRow>;

export function toMessages(sample: Sample): MessagesRow {
  const { id, tools, messages, ...meta } = sample;
  return { messages: messages.map(rowMessage), tools: tools.map(toolJson), instance_id: id, meta };
}

/** The sample of a row; `reason` names the first place where the row is none of ours. */
export function fromMessages(row: unknown): Result<Sample, { readonly reason: string }> {
  const parsed = MessagesRow.safeParse(row);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return err({ reason: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not a row"}` });
  }
  const { messages, tools, instance_id: id, meta } = parsed.data;
  return ok({ ...meta, id, tools: tools.map((tool) => tool.function), messages: messages.map(sampleMessage) });
}

function rowMessage(message: Message): RowMessage {
  if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallId, content: message.content };
  if (message.role !== "assistant") return { role: message.role, content: message.content };
  const calls = message.toolCalls.map((call) => ({
    id: call.id,
    type: "function" as const,
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    role: "assistant",
    content: message.content,
    ...(message.reasoning !== null && { reasoning_content: message.reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function sampleMessage(message: RowMessage): Message {
  if (message.role === "tool") return { role: "tool", content: message.content, toolCallId: message.tool_call_id };
  if (message.role !== "assistant") return { role: message.role, content: message.content };
  return {
    role: "assistant",
    content: message.content,
    reasoning: message.reasoning_content ?? null,
    toolCalls: (message.tool_calls ?? []).map(({ id, function: called }) => ({ id, name: called.name, arguments: called.arguments })),
  };
}
