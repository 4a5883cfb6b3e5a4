import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { AssistantMessage, Message, ToolCall } from "../records/message.ts";
import type { Sample } from "../records/sample.ts";
import { assistantText, hasCallTag, hasThinkTag } from "./assistant-text.ts";
import type { AmbiguousText, AssistantText } from "./assistant-text.ts";
import { hermesSystem } from "./hermes-system.ts";
import { asciiJsonString, pythonJsonObject } from "./python-json.ts";
import { toolJson } from "./tool-json.ts";
import type { ToolJson } from "./tool-json.ts";

/**
 * What becomes of reasoning and commentary. `keep_only_think`: one think block a turn, of the reasoning, else of the commentary (as the
 * authors ship). `keep_only_non_think`: the same, commentary first. `keep`: both as they are. `wrap`: as `keep`, but commentary without reasoning becomes the think block. `none`: commentary only.
 */
export const hermesReasonings = ["keep_only_think", "keep_only_non_think", "keep", "wrap", "none"] as const;
export type HermesReasoning = (typeof hermesReasonings)[number];

/** `trainKey`: whether each message says if a trainer takes its loss; that of failed steps is not taken. */
export interface HermesOptions {
  readonly reasoning: HermesReasoning;
  readonly trainKey: boolean;
}

export interface HermesMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
  readonly train?: boolean;
}

/** One row, its keys as the authors' (reference.md §g.2). */
export interface HermesRow {
  readonly messages: readonly HermesMessage[];
  readonly instance_id: string;
  readonly tool_json: readonly ToolJson[];
}

/** Why a sample has no row. */
export interface HermesDrop {
  readonly reason:
    | AmbiguousText
    | "turn-without-tool-call"
    | "arguments-not-a-json-object"
    | "ambiguous-arguments"
    | "results-out-of-order";
}

export const hermesDefaults: HermesOptions = { reasoning: "keep_only_think", trainKey: true };

/**
 * A sample as the row that the released models were trained on: tool calls and results as tagged text (reference.md §g.3, §g.4), a
 * system prompt made of the sample's own tools. Tool results are never rewritten.
 */
export function toHermes(sample: Sample, options: HermesOptions = hermesDefaults): Result<HermesRow, HermesDrop> {
  if (!resultsFollowCalls(sample.messages)) return err({ reason: "results-out-of-order" });
  const messages: HermesMessage[] = [];
  const given = withSystem(sample.messages);
  const failed = new Set(sample.failedSteps.map((position) => position + given.length - sample.messages.length));
  for (const [position, message] of given.entries()) {
    const content = message.role === "assistant" ? assistantContent(message, options.reasoning) : ok(otherContent(message, sample));
    if (!content.ok) return content;
    const role = message.role === "tool" ? "user" : message.role;
    messages.push({ role, content: content.value, ...(options.trainKey && { train: role === "assistant" && !failed.has(position) }) });
  }
  return ok({ messages, instance_id: sample.id, tool_json: sample.tools.map(toolJson) });
}

/** A row of text begins with a system message; one that is missing is empty. */
export function withSystem(messages: readonly Message[]): readonly Message[] {
  return messages[0]?.role === "system" ? messages : [{ role: "system", content: "" }, ...messages];
}

function otherContent(message: Exclude<Message, AssistantMessage>, sample: Sample): string {
  if (message.role === "system") return hermesSystem(message.content, sample.tools);
  return message.role === "tool" ? `<tool_response>\n${message.content}\n</tool_response>` : message.content;
}

function assistantContent(message: AssistantMessage, reasoning: HermesReasoning): Result<string, HermesDrop> {
  const text = assistantText(message);
  if (!text.ok) return err({ reason: text.error });
  if (message.toolCalls.length === 0) return err({ reason: "turn-without-tool-call" });
  const calls: string[] = [];
  for (const call of message.toolCalls) {
    const rendered = callText(call);
    if (!rendered.ok) return rendered;
    calls.push(rendered.value);
  }
  const said = spoken(text.value, message, reasoning);
  return ok([said, calls.join("\n")].filter((part) => part !== "").join("\n\n"));
}

/** What stands before the calls. */
export function spoken({ reasoning, commentary, verbatim }: AssistantText, message: AssistantMessage, how: HermesReasoning): string {
  switch (how) {
    case "keep_only_think":
      return think(reasoning || commentary);
    case "keep_only_non_think":
      return think(commentary || reasoning);
    case "none":
      return commentary;
    case "wrap":
      if (reasoning === "") return think(commentary);
      return [think(reasoning), commentary].filter((part) => part !== "").join("\n\n");
    case "keep":
      if ((message.reasoning ?? "").trim() === "") return verbatim;
      return [think(reasoning), commentary].filter((part) => part !== "").join("\n\n");
    default:
      return how;
  }
}

function think(text: string): string {
  return `<think>\n${text}\n</think>`;
}

/** Refuses a call inside which a reader would see the end of the call, or of the reasoning before it. */
function callText({ name, arguments: given }: ToolCall): Result<string, HermesDrop> {
  const json = pythonJsonObject(given);
  if (json === null) return err({ reason: "arguments-not-a-json-object" });
  const body = `{"name": ${asciiJsonString(name)}, "arguments": ${json}}`;
  if (hasThinkTag(body) || hasCallTag(body)) return err({ reason: "ambiguous-arguments" });
  return ok(`<tool_call>\n${body}\n</tool_call>`);
}

/** Rows carry no ids of calls, so results have to stand in the order of their calls. */
export function resultsFollowCalls(messages: readonly Message[]): boolean {
  let waiting: string[] = [];
  for (const message of messages) {
    if (message.role === "assistant") waiting = message.toolCalls.map((call) => call.id);
    if (message.role === "tool" && waiting.shift() !== message.toolCallId) return false;
  }
  return true;
}
