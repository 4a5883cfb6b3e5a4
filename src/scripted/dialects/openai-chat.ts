import { z } from "zod";
import { err, ok, unreachable } from "../../base/result.ts";
import type { Message, ModelReply } from "../../records/message.ts";
import { pieces } from "./dialect.ts";
import type { Dialect, ReplyToWrite, TeacherError, TeacherErrorKind, TeacherRequest } from "./dialect.ts";

const Content = z.union([z.string(), z.array(z.object({ text: z.string().optional() })), z.null()]).optional();

const WireMessage = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: Content,
  reasoning_content: z.string().nullish(),
  tool_calls: z.array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) })).nullish(),
  tool_call_id: z.string().optional(),
});
type WireMessage = z.infer<typeof WireMessage>;

const WireRequest = z.object({
  model: z.string(),
  messages: z.array(WireMessage).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  tools: z.array(z.object({ function: z.object({ name: z.string(), parameters: z.unknown().optional() }) })).nullish(),
  max_tokens: z.number().nullish(),
  max_completion_tokens: z.number().nullish(),
});

/** Chat Completions of OpenAI, with `reasoning_content` as DeepSeek, vLLM and others send it. */
export const openaiChat: Dialect = { read, whole, events, error, errorEvent };

function read(body: unknown): ReturnType<Dialect["read"]> {
  const parsed = WireRequest.safeParse(body);
  if (!parsed.success) return err(z.prettifyError(parsed.error));
  const wire = parsed.data;
  const request: TeacherRequest = {
    model: wire.model,
    stream: wire.stream ?? false,
    messages: wire.messages.map(readMessage),
    tools: (wire.tools ?? []).map((tool) => ({ name: tool.function.name, parameters: tool.function.parameters })),
    maxOutputTokens: wire.max_completion_tokens ?? wire.max_tokens ?? null,
    includeUsage: wire.stream_options?.include_usage ?? false,
  };
  return ok(request);
}

function readMessage(wire: WireMessage): Message {
  const content = typeof wire.content === "string" ? wire.content : (wire.content ?? []).map((part) => part.text ?? "").join("");
  switch (wire.role) {
    case "system":
    case "developer":
      return { role: "system", content };
    case "user":
      return { role: "user", content };
    case "tool":
      return { role: "tool", content, toolCallId: wire.tool_call_id ?? "" };
    case "assistant":
      return readAssistant(wire, content);
    default:
      return unreachable(wire.role);
  }
}

function readAssistant(wire: WireMessage, content: string): Message {
  const toolCalls = (wire.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => ({ id, name, arguments: text }));
  return { role: "assistant", content, reasoning: wire.reasoning_content ?? null, toolCalls };
}

function usageOf({ usage }: ModelReply): object {
  const input = usage.input ?? 0;
  const output = usage.output ?? 0;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: usage.cached ?? 0 },
  };
}

function finishOf({ finish }: ModelReply): string {
  if (finish === "tool-calls") return "tool_calls";
  return finish === "filter" ? "content_filter" : finish;
}

function whole({ id, reply }: ReplyToWrite): string {
  const { content, reasoning, toolCalls } = reply.message;
  const calls = toolCalls.map((call) => ({ id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } }));
  const message = {
    role: "assistant",
    content,
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  const choices = [{ index: 0, message, finish_reason: finishOf(reply) }];
  return JSON.stringify({ id: `chatcmpl-${id}`, object: "chat.completion", created: 0, model: "scripted", choices, usage: usageOf(reply) });
}

function events({ id, reply, includeUsage }: ReplyToWrite): string[] {
  const frame = { id: `chatcmpl-${id}`, object: "chat.completion.chunk", created: 0, model: "scripted" };
  const chunk = (delta: object, finish: string | null): string => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    return event({ ...frame, choices, ...(includeUsage ? { usage: null } : {}) });
  };
  const { content, reasoning, toolCalls } = reply.message;
  return [
    chunk({ role: "assistant", content: "" }, null),
    ...pieces(reasoning ?? "", 3).map((text) => chunk({ reasoning_content: text }, null)),
    ...pieces(content, 2).map((text) => chunk({ content: text }, null)),
    ...toolCalls.flatMap((call, index) => [
      chunk({ tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }] }, null),
      ...pieces(call.arguments, 3).map((text) => chunk({ tool_calls: [{ index, function: { arguments: text } }] }, null)),
    ]),
    chunk({}, finishOf(reply)),
    ...(includeUsage ? [event({ ...frame, choices: [], usage: usageOf(reply) })] : []),
    "data: [DONE]\n\n",
  ];
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

const errorNames: Readonly<Record<TeacherErrorKind, { type: string; code: string | null }>> = {
  "bad-request": { type: "invalid_request_error", code: null },
  unauthorized: { type: "invalid_request_error", code: "invalid_api_key" },
  "no-credit": { type: "insufficient_quota", code: "insufficient_quota" },
  "not-found": { type: "invalid_request_error", code: "model_not_found" },
  "rate-limited": { type: "requests", code: "rate_limit_exceeded" },
  "server-error": { type: "server_error", code: null },
  overloaded: { type: "overloaded", code: null },
};

function error({ kind, message }: TeacherError): string {
  return JSON.stringify({ error: { message, type: errorNames[kind].type, param: null, code: errorNames[kind].code } });
}

function errorEvent(failed: TeacherError): string {
  return `data: ${error(failed)}\n\n`;
}
