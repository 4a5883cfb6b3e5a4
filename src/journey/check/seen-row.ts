import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import { ToolSchema } from "../../records/message.ts";
import type { DatasetFormat } from "../dataset/dataset-format.ts";

/** A call that a row holds in structure. */
export interface SeenCall {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: unknown;
}

/** A message of a row, whatever its format. `train`: whether its loss is taken; null: the row does not say. `callId`: what a result answers. */
export interface SeenMessage {
  readonly role: string;
  readonly text: string;
  readonly reasoning: string | null;
  readonly calls: readonly SeenCall[];
  readonly callId: string | null;
  readonly train: boolean | null;
}

/** A row of messages. `tools`: null where the row tells none. */
export interface SeenRow {
  readonly messages: readonly SeenMessage[];
  readonly tools: readonly ToolSchema[] | null;
}

const Called = z.object({ name: z.string(), arguments: z.unknown().optional() });
const OpenAiCall = z
  .object({ id: z.string().nullish(), function: Called })
  .transform((call) => ({ id: call.id ?? null, ...call.function }));
const OwnCall = Called.extend({ id: z.string().nullish() });

const Content = z.union([z.string(), z.array(z.object({ text: z.string() })).transform((parts) => parts.map(({ text }) => text).join(""))]);
const Message = z.object({
  role: z.string(),
  content: Content.nullish(),
  train: z.boolean().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  tool_calls: z.array(OpenAiCall).nullish(),
  toolCalls: z.array(OwnCall).nullish(),
  tool_call_id: z.string().nullish(),
  toolCallId: z.string().nullish(),
});
const Tool = z.union([z.object({ function: ToolSchema }).transform((tool) => tool.function), ToolSchema]);
const Row = z.object({
  messages: z.array(Message),
  tools: z.array(Tool).nullish(),
  tool_json: z.array(Tool).nullish(),
});

/** The format of a row by its keys; null: it is none of ours. Rows of text without any call count as hermes. */
export function formatOfRow(row: object): DatasetFormat | null {
  if ("input_ids" in row) return "rendered";
  if ("conversations" in row) return "sharegpt";
  if (!("messages" in row)) return null;
  if ("provenance" in row && "lineage" in row) return "canonical";
  if ("tools" in row && !("tool_json" in row)) return "messages";
  const messages = Array.isArray(row.messages) ? (row.messages as readonly unknown[]) : [];
  if (messages.some(isStructured)) return "tool_json" in row ? "raw" : "messages";
  const isXml = messages.some((message) => /<function=[\w.-]+>/.test(assistantText(message)));
  return isXml && !messages.some((message) => assistantText(message).includes("<tool_call>")) ? "xml" : "hermes";
}

function isStructured(message: unknown): boolean {
  if (typeof message !== "object" || message === null) return false;
  return ("tool_calls" in message && message.tool_calls != null) || ("role" in message && message.role === "tool");
}

function assistantText(message: unknown): string {
  if (typeof message !== "object" || message === null || !("role" in message) || message.role !== "assistant") return "";
  return "content" in message && typeof message.content === "string" ? message.content : "";
}

/** The messages of a row; the error is the place that is not as any format has it. */
export function seenRow(row: object): Result<SeenRow, string> {
  const parsed = Row.safeParse(row);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return err(`${issue?.path.join(".") ?? "the row"}: ${issue?.message ?? "is not as it should be"}`);
  }
  const { messages, tools, tool_json } = parsed.data;
  return ok({
    tools: tools ?? tool_json ?? null,
    messages: messages.map((message) => ({
      role: message.role,
      text: message.content ?? "",
      reasoning: message.reasoning_content ?? message.reasoning ?? null,
      calls: [...(message.tool_calls ?? []), ...(message.toolCalls ?? [])].map(({ id, name, arguments: given }) => ({
        id: id ?? null,
        name,
        arguments: given,
      })),
      callId: message.tool_call_id ?? message.toolCallId ?? null,
      train: message.train ?? null,
    })),
  });
}
