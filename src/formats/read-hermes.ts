import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import type { AssistantMessage, Message, ToolCall } from "../records/message.ts";
import { Sample } from "../records/sample.ts";
import { toHermes, type HermesDrop, type HermesRow } from "./hermes.ts";
import { hermesSystem } from "./hermes-system.ts";
import { pythonJsonObject } from "./python-json.ts";

const Row = z.object({
  messages: z.array(z.object({ role: z.enum(["system", "user", "assistant", "tool"]), content: z.string() })),
  instance_id: z.string(),
  tool_json: z.array(z.object({ type: z.literal("function"), function: Sample.shape.tools.element })).default([]),
});

const Meta = Sample.omit({ id: true, tools: true, messages: true }).extend({
  /** Messages that the text does not give back as they were, by their position. */
  exact: z.array(z.tuple([z.number().int(), Sample.shape.messages.element])),
  withoutSystem: z.boolean(),
});

/** A hermes row that loses nothing: `meta` holds what its text does not say, ids of calls and odd spacing among it. */
export interface LosslessHermesRow extends HermesRow {
  readonly meta: z.infer<typeof Meta>;
}

/** A sample as a hermes row with its reasoning as it was, that `fromHermes` gives back. */
export function toLosslessHermes(sample: Sample): Result<LosslessHermesRow, HermesDrop> {
  const row = toHermes(sample, { reasoning: "keep", trainKey: true });
  if (!row.ok) return row;
  const { id: _id, tools, messages, ...rest } = sample;
  const withoutSystem = messages[0]?.role !== "system";
  const said = withoutSystem ? row.value.messages.slice(1) : row.value.messages;
  const exact: (readonly [number, Message])[] = [];
  for (const [position, message] of messages.entries()) {
    const read = readMessage(said[position] ?? { role: "user", content: "" }, { tools, position });
    if (!read.ok || JSON.stringify(read.value) !== JSON.stringify(message)) exact.push([position, message]);
  }
  return ok({ ...row.value, meta: { ...rest, exact: exact.map(([position, message]) => [position, message]), withoutSystem } });
}

/** The sample of a row of `toLosslessHermes`; `reason` names the first place where the row is none. */
export function fromHermes(row: unknown): Result<Sample, { readonly reason: string }> {
  const parsed = Row.extend({ meta: Meta }).safeParse(row);
  if (!parsed.success) return err({ reason: firstIssue(parsed.error) });
  const { messages: said, instance_id: id, tool_json: toolJson, meta } = parsed.data;
  const { exact, withoutSystem, ...rest } = meta;
  const tools = toolJson.map((tool) => tool.function);
  const kept = new Map(exact);
  const messages: Message[] = [];
  for (const [position, given] of (withoutSystem ? said.slice(1) : said).entries()) {
    const known = kept.get(position);
    const read = known === undefined ? readMessage(given, { tools, position }) : ok(known);
    if (!read.ok) return read;
    messages.push(read.value);
  }
  return ok({ ...rest, id, tools, messages });
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not a row"}`;
}

interface Place {
  readonly tools: Sample["tools"];
  readonly position: number;
}

/**
 * A message as its text says it, whoever wrote the row: calls get ids by their place, results are the user's texts that are wrapped as
 * such. Refuses an assistant's text whose tags do not stand as the format has them.
 */
export function readMessage(
  { role, content }: { readonly role: Message["role"]; readonly content: string },
  { tools, position }: Place,
): Result<Message, { readonly reason: string }> {
  if (role === "assistant") return readAssistant(content, position);
  if (role === "system") return ok({ role, content: withoutTools(content, tools) });
  const wrapped = /^<tool_response>\n([^]*)\n<\/tool_response>$/.exec(content);
  const result = wrapped?.[1];
  return result === undefined ? ok({ role: "user", content }) : ok({ role: "tool", content: result, toolCallId: "" });
}

function withoutTools(content: string, tools: Sample["tools"]): string {
  const [before] = tools.length === 0 ? [content] : content.split("# Tools\n");
  const text = before?.replace(/\n\n$/, "") ?? "";
  return hermesSystem(text, tools) === content ? text : content;
}

function readAssistant(content: string, position: number): Result<AssistantMessage, { readonly reason: string }> {
  const begin = content.search(/<tool_call>\n/);
  const before = begin < 0 ? content : content.slice(0, begin);
  const calls = begin < 0 ? ok([]) : readCalls(content.slice(begin), position);
  if (!calls.ok) return calls;
  const text = before.replace(/\n\n$/, "");
  const block = /^<think>\n([^]*?)\n<\/think>(?:\n\n|$)/.exec(text);
  const said = block === null ? text : text.slice(block[0].length);
  if (/<\/?think>|<\/?tool_call>/.test(said) || /<\/?think>/.test(block?.[1] ?? ""))
    return err({ reason: `messages.${position}: tags stand where the format has none` });
  return ok({ role: "assistant", content: said, reasoning: block?.[1] ?? null, toolCalls: calls.value });
}

const Call = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) });

function readCalls(text: string, position: number): Result<ToolCall[], { readonly reason: string }> {
  const calls: ToolCall[] = [];
  let rest = text;
  while (rest !== "") {
    const found = /^<tool_call>\n([^\n]*)\n<\/tool_call>\n?/.exec(rest);
    const body = found?.[1];
    if (found === null || body === undefined) return err({ reason: `messages.${position}: a call is not closed, or text follows it` });
    const call = readCall(body);
    if (call === null) return err({ reason: `messages.${position}: a call is not {"name": …, "arguments": {…}}` });
    calls.push({ id: `call-${position}-${calls.length}`, ...call });
    rest = rest.slice(found[0].length);
  }
  return ok(calls);
}

/** `arguments` keeps its spelling. */
function readCall(body: string): { readonly name: string; readonly arguments: string } | null {
  try {
    const parsed = Call.safeParse(JSON.parse(body));
    if (!parsed.success) return null;
    const head = /^\{"name": "(?:[^"\\]|\\.)*", "arguments": (\{[^]*\})\}$/.exec(body);
    return { name: parsed.data.name, arguments: head?.[1] ?? pythonJsonObject(JSON.stringify(parsed.data.arguments)) ?? "{}" };
  } catch {
    return null;
  }
}
