import type { Message, ToolSchema } from "../../records/message.ts";
import { mostOutputTokens, type DialectTurn } from "../endpoint-model.ts";
import type { Quirks } from "../quirks.ts";

/**
 * The body of a chat request. The same turn has the same bytes, and with messages only appended and all else equal, the body up to
 * the end of its messages is a prefix of the next turn's: the messages come last.
 */
export function requestBody({ model, request, quirks, extraBody }: DialectTurn): Buffer {
  const { messages, tools, temperature } = request;
  const mostTokens = mostOutputTokens(request, quirks);
  const offered = tools.length > 0;
  const body = {
    ...extraBody,
    model,
    stream: true,
    ...(quirks.askForUsage ? { stream_options: { include_usage: true } } : {}),
    ...(quirks.temperature ? { temperature } : {}),
    ...(mostTokens === null ? {} : { [quirks.maxTokens]: mostTokens }),
    ...(offered && quirks.oneCall ? { parallel_tool_calls: false } : {}),
    ...(offered ? { tools: tools.map(toolBody) } : {}),
    messages: messages.map((message) => messageBody(message, quirks)),
  };
  return Buffer.from(JSON.stringify(body));
}

function toolBody({ name, description, parameters }: ToolSchema): object {
  return { type: "function", function: { name, description, parameters } };
}

/** Half surrogate pairs, which a cut may leave, become U+FFFD: servers fail on them. Content is never null: templates print that. */
function messageBody(message: Message, quirks: Quirks): object {
  const { role } = message;
  const content = message.content.toWellFormed();
  if (role === "tool") return { role, tool_call_id: message.toolCallId, content };
  if (role !== "assistant") return { role, content };
  const { reasoning, toolCalls } = message;
  return {
    role,
    content,
    ...(reasoning === null ? {} : Object.fromEntries(quirks.reasoning.map((name) => [name, reasoning.toWellFormed()]))),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(callBody) }),
  };
}

function callBody(call: { id: string; name: string; arguments: string }): object {
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments.toWellFormed() } };
}
