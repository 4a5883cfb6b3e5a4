import { z } from "zod";
import { err, ok } from "../../base/result.ts";
import type { Message, ModelReply, ToolCall } from "../../records/message.ts";
import { pieces } from "./dialect.ts";
import type { Dialect, ReplyToWrite, TeacherError, TeacherErrorKind, TeacherRequest } from "./dialect.ts";

const Text = z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]);

const Block = z.object({
  type: z.string(),
  text: z.string().optional(),
  thinking: z.string().optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
  tool_use_id: z.string().optional(),
  content: Text.optional(),
});
type Block = z.infer<typeof Block>;

const WireMessage = z.object({ role: z.enum(["system", "user", "assistant"]), content: z.union([z.string(), z.array(Block)]) });

const WireRequest = z.object({
  model: z.string(),
  messages: z.array(WireMessage).min(1),
  system: Text.optional(),
  stream: z.boolean().optional(),
  tools: z.array(z.object({ name: z.string(), input_schema: z.unknown().optional() })).optional(),
  max_tokens: z.number(),
});

/** Messages of Anthropic. Reasoning goes out as a thinking block, whether or not it was asked for. */
export const anthropicMessages: Dialect = { read, whole, events, error, errorEvent };

function read(body: unknown): ReturnType<Dialect["read"]> {
  const parsed = WireRequest.safeParse(body);
  if (!parsed.success) return err(z.prettifyError(parsed.error));
  const wire = parsed.data;
  const system: Message[] = wire.system === undefined ? [] : [{ role: "system", content: textOf(wire.system) }];
  const request: TeacherRequest = {
    model: wire.model,
    stream: wire.stream ?? false,
    messages: [...system, ...wire.messages.flatMap(readMessage)],
    tools: (wire.tools ?? []).map((tool) => ({ name: tool.name, parameters: tool.input_schema })),
    maxOutputTokens: wire.max_tokens,
    includeUsage: true,
  };
  return ok(request);
}

function textOf(text: z.infer<typeof Text>): string {
  return typeof text === "string" ? text : text.map((part) => part.text ?? "").join("");
}

function readMessage({ role, content }: z.infer<typeof WireMessage>): Message[] {
  const blocks: readonly Block[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const text = blocks.map((block) => (block.type === "text" ? (block.text ?? "") : "")).join("");
  if (role === "system") return [{ role, content: text }];
  if (role === "assistant") return [readAssistant(blocks, text)];
  const results = blocks.filter((block) => block.type === "tool_result");
  const observed = results.map((block): Message => ({
    role: "tool",
    content: textOf(block.content ?? ""),
    toolCallId: block.tool_use_id ?? "",
  }));
  return text === "" && observed.length > 0 ? observed : [...observed, { role, content: text }];
}

function readAssistant(blocks: readonly Block[], content: string): Message {
  const thought = blocks.flatMap((block) => (block.type === "thinking" ? [block.thinking ?? ""] : []));
  const toolCalls = blocks.flatMap((block): ToolCall[] =>
    block.type === "tool_use" ? [{ id: block.id ?? "", name: block.name ?? "", arguments: JSON.stringify(block.input ?? {}) }] : [],
  );
  return { role: "assistant", content, reasoning: thought.length === 0 ? null : thought.join(""), toolCalls };
}

function usageOf({ usage }: ModelReply): { input_tokens: number; cache_read_input_tokens: number; cache_creation_input_tokens: number } {
  const cached = usage.cached ?? 0;
  return { input_tokens: (usage.input ?? 0) - cached, cache_read_input_tokens: cached, cache_creation_input_tokens: 0 };
}

function finishOf({ finish }: ModelReply): string {
  if (finish === "tool-calls") return "tool_use";
  if (finish === "length") return "max_tokens";
  return finish === "filter" ? "refusal" : "end_turn";
}

function frameOf({ id, reply }: ReplyToWrite): object {
  return {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model: "scripted",
    stop_sequence: null,
    usage: { ...usageOf(reply), output_tokens: 1 },
  };
}

function whole(written: ReplyToWrite): string {
  const { content: text, reasoning, toolCalls } = written.reply.message;
  const content = [
    ...(reasoning === null ? [] : [{ type: "thinking", thinking: reasoning, signature: "scripted" }]),
    ...(text === "" ? [] : [{ type: "text", text }]),
    ...toolCalls.map((call) => ({ type: "tool_use", id: call.id, name: call.name, input: inputOf(call) })),
  ];
  const usage = { ...usageOf(written.reply), output_tokens: written.reply.usage.output ?? 0 };
  return JSON.stringify({ ...frameOf(written), content, stop_reason: finishOf(written.reply), usage });
}

/** Broken arguments cannot be said in a whole reply, whose input is an object: they stay the text they are. */
function inputOf(call: ToolCall): unknown {
  try {
    return JSON.parse(call.arguments);
  } catch {
    return call.arguments;
  }
}

function events(written: ReplyToWrite): string[] {
  const { content, reasoning, toolCalls } = written.reply.message;
  const blocks = [
    ...(reasoning === null ? [] : [thinkingDeltas(reasoning)]),
    ...(content === "" ? [] : [textDeltas(content)]),
    ...toolCalls.map(callDeltas),
  ];
  const usage = { ...usageOf(written.reply), output_tokens: written.reply.usage.output ?? 0 };
  return [
    event({ type: "message_start", message: { ...frameOf(written), content: [], stop_reason: null } }),
    ...blocks.flatMap(({ start, deltas }, index) => [
      event({ type: "content_block_start", index, content_block: start }),
      ...deltas.map((delta) => event({ type: "content_block_delta", index, delta })),
      event({ type: "content_block_stop", index }),
    ]),
    event({ type: "message_delta", delta: { stop_reason: finishOf(written.reply), stop_sequence: null }, usage }),
    event({ type: "message_stop" }),
  ];
}

interface BlockDeltas {
  readonly start: object;
  readonly deltas: readonly object[];
}

function thinkingDeltas(reasoning: string): BlockDeltas {
  const thoughts = pieces(reasoning, 3).map((thinking) => ({ type: "thinking_delta", thinking }));
  const signature = { type: "signature_delta", signature: "scripted" };
  return { start: { type: "thinking", thinking: "", signature: "" }, deltas: [...thoughts, signature] };
}

function textDeltas(content: string): BlockDeltas {
  return { start: { type: "text", text: "" }, deltas: pieces(content, 2).map((text) => ({ type: "text_delta", text })) };
}

function callDeltas(call: ToolCall): BlockDeltas {
  const start = { type: "tool_use", id: call.id, name: call.name, input: {} };
  return { start, deltas: pieces(call.arguments, 3).map((text) => ({ type: "input_json_delta", partial_json: text })) };
}

function event(data: { type: string; [member: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

const errorTypes: Readonly<Record<TeacherErrorKind, string>> = {
  "bad-request": "invalid_request_error",
  unauthorized: "authentication_error",
  "no-credit": "billing_error",
  "not-found": "not_found_error",
  "rate-limited": "rate_limit_error",
  "server-error": "api_error",
  overloaded: "overloaded_error",
};

function error({ kind, message }: TeacherError): string {
  return JSON.stringify({ type: "error", error: { type: errorTypes[kind], message } });
}

function errorEvent(failed: TeacherError): string {
  return `event: error\ndata: ${error(failed)}\n\n`;
}
