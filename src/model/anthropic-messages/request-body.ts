import type { AssistantMessage, Message, ToolCall, ToolSchema } from "../../records/message.ts";
import { mostOutputTokens, type DialectTurn } from "../endpoint-model.ts";

type Block = Readonly<Record<string, unknown>>;

interface WireMessage {
  readonly role: "user" | "assistant";
  readonly content: readonly Block[];
}

/** Anthropic takes at most four marks: one after the tools, one after the system prompt, two in the messages. */
const marksInMessages = 2;
const mark = { cache_control: { type: "ephemeral" } };

/**
 * The body of a Messages request. The same turn has the same bytes, and but for the marks of the cache, which move on, the body up to the end of
 * its messages is a prefix of the next turn's.
 */
export function requestBody({ model, request, quirks, extraBody }: DialectTurn): Buffer {
  const { messages, tools, temperature } = request;
  const system = messages.flatMap(({ role, content }) => (role === "system" ? [textBlock(content)] : []));
  const turns = wireMessages(messages, quirks.reasoning.length > 0);
  const offered = tools.length > 0;
  const body = {
    ...extraBody,
    model,
    stream: true,
    max_tokens: mostOutputTokens(request, quirks),
    ...(quirks.temperature ? { temperature } : {}),
    ...(offered && quirks.oneCall ? { tool_choice: { type: "auto", disable_parallel_tool_use: true } } : {}),
    ...(!offered ? {} : { tools: markedLast(tools.map(toolBlock), quirks.cacheMarks) }),
    ...(system.length === 0 ? {} : { system: markedLast(system, quirks.cacheMarks) }),
    messages: quirks.cacheMarks ? withMarks(turns) : turns,
  };
  return Buffer.from(JSON.stringify(body));
}

function toolBlock({ name, description, parameters }: ToolSchema): Block {
  return { name, description, input_schema: parameters };
}

/** No text may be empty. Half surrogate pairs, which a cut may leave, become U+FFFD. */
function textBlock(text: string): Block {
  return { type: "text", text: text.trim() === "" ? "(no text)" : text.toWellFormed() };
}

/** Roles take turns here: observations and words of the user after one reply are one message, results first. */
function wireMessages(messages: readonly Message[], sendReasoning: boolean): WireMessage[] {
  const wire: { role: "user" | "assistant"; content: Block[] }[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    const last = wire.at(-1);
    const content = message.role === "assistant" ? replyBlocks(message, sendReasoning) : [userBlock(message)];
    if (last?.role === role) last.content.push(...content);
    else wire.push({ role, content: [...unanswered(messages, index), ...content] });
  }
  return wire;
}

function userBlock(message: Exclude<Message, AssistantMessage>): Block {
  if (message.role !== "tool") return textBlock(message.content);
  return { type: "tool_result", tool_use_id: idOf(message.toolCallId), content: message.content.toWellFormed() };
}

function replyBlocks({ content, reasoning, signedReasoning, toolCalls }: AssistantMessage, sendReasoning: boolean): Block[] {
  const thought = sendReasoning ? (signedReasoning ?? unsigned(reasoning)) : [];
  const text = content.trim() === "" && (toolCalls.length > 0 || thought.length > 0) ? [] : [textBlock(content)];
  return [...thought, ...text, ...toolCalls.map(callBlock)];
}

/** Servers without signatures (GLM, vLLM) take their thought back as it was. */
function unsigned(reasoning: string | null): Block[] {
  return reasoning === null ? [] : [{ type: "thinking", thinking: reasoning.toWellFormed(), signature: "" }];
}

function callBlock({ id, name, arguments: given }: ToolCall): Block {
  return { type: "tool_use", id: idOf(id), name, input: inputOf(given) };
}

/** An input is an object here; arguments that are none stay to be read under a name of our own. */
function inputOf(given: string): unknown {
  try {
    const input: unknown = JSON.parse(given);
    if (typeof input === "object" && input !== null && !Array.isArray(input)) return input;
  } catch {
    // Said as text below.
  }
  return { unreadable_arguments: given.toWellFormed() };
}

/** Only these characters may stand in an id; one that another server made may hold others. */
function idOf(id: string): string {
  return id.replaceAll(/[^\w-]/g, "_");
}

/** Every call must have a result; those of the reply before `index` that have none get one that says so. */
function unanswered(messages: readonly Message[], index: number): Block[] {
  const before = messages[index - 1];
  if (before?.role !== "assistant") return [];
  const answered = new Set<string>();
  for (let at = index; messages[at] !== undefined && messages[at]?.role !== "assistant"; at += 1) {
    const message = messages[at];
    if (message?.role === "tool") answered.add(message.toolCallId);
  }
  return before.toolCalls
    .filter(({ id }) => !answered.has(id))
    .map(({ id }) => ({ type: "tool_result", tool_use_id: idOf(id), content: "This call was not made.", is_error: true }));
}

function markedLast(blocks: readonly Block[], marks: boolean): readonly Block[] {
  return marks ? blocks.map((block, index) => (index === blocks.length - 1 ? { ...block, ...mark } : block)) : blocks;
}

/** The end of the last message is what the next turn reads from the cache, that of the one before what this turn reads. */
function withMarks(turns: readonly WireMessage[]): WireMessage[] {
  const marked = turns.filter(({ role }) => role === "user").slice(-marksInMessages);
  return turns.map((turn) => (marked.includes(turn) ? { ...turn, content: markedLast(turn.content, true) } : turn));
}
