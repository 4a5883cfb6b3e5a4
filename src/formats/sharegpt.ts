import { err, ok, type Result } from "../base/result.ts";
import type { AssistantMessage, Message } from "../records/message.ts";
import type { Sample } from "../records/sample.ts";
import { assistantText } from "./assistant-text.ts";
import { resultsFollowCalls, spoken, type HermesDrop, type HermesReasoning } from "./hermes.ts";
import { templateJson } from "./python-json.ts";
import { toolJson } from "./tool-json.ts";

export interface ShareGptTurn {
  readonly from: "human" | "gpt" | "function_call" | "observation";
  readonly value: string;
}

/**
 * One conversation as LLaMA-Factory reads ShareGPT with tools: `tools` is JSON text, a call is `{"name": …, "arguments": {…}}` (a list where
 * there are several), after a think block if there is one. Its roles take turns and end with the model's: `omitted` counts the
 * result at the end that no turn follows.
 */
export interface ShareGptRow {
  readonly conversations: readonly ShareGptTurn[];
  readonly system: string;
  readonly tools: string;
  readonly instance_id: string;
  readonly omitted: number;
}

export interface ShareGptDrop {
  readonly reason: HermesDrop["reason"] | "text-beside-call" | "roles-do-not-alternate";
}

/** The format has a place for reasoning before a call and none for commentary: `keep` and `none` refuse turns that have both. */
export function toShareGpt(sample: Sample, { reasoning }: { readonly reasoning: HermesReasoning }): Result<ShareGptRow, ShareGptDrop> {
  if (!resultsFollowCalls(sample.messages)) return err({ reason: "results-out-of-order" });
  const [first, ...others] = sample.messages;
  const hasSystem = first?.role === "system";
  const turns: ShareGptTurn[] = [];
  for (const message of hasSystem || first === undefined ? others : [first, ...others]) {
    const turn = turnOf(message, reasoning);
    if (!turn.ok) return turn;
    turns.push(turn.value);
  }
  const omitted = turns.at(-1)?.from === "observation" ? 1 : 0;
  const conversations = omitted === 1 ? turns.slice(0, -1) : turns;
  if (conversations.length % 2 === 1 || !conversations.every(({ from }, index) => isUsers(from) === (index % 2 === 0)))
    return err({ reason: "roles-do-not-alternate" });
  const tools = `[${sample.tools.map((tool) => templateJson(toolJson(tool).function)).join(", ")}]`;
  return ok({ conversations, system: hasSystem ? first.content : "", tools, instance_id: sample.id, omitted });
}

function isUsers(from: ShareGptTurn["from"]): boolean {
  return from === "human" || from === "observation";
}

function turnOf(message: Message, reasoning: HermesReasoning): Result<ShareGptTurn, ShareGptDrop> {
  switch (message.role) {
    case "assistant":
      return assistantTurn(message, reasoning);
    case "tool":
      return ok({ from: "observation", value: message.content });
    case "user":
      return ok({ from: "human", value: message.content });
    case "system":
      return err({ reason: "roles-do-not-alternate" });
    default:
      return message satisfies never;
  }
}

function assistantTurn(message: AssistantMessage, how: HermesReasoning): Result<ShareGptTurn, ShareGptDrop> {
  const text = assistantText(message);
  if (!text.ok) return err({ reason: text.error });
  const said = spoken(text.value, message, how);
  if (message.toolCalls.length === 0) return ok({ from: "gpt", value: said });
  const block = /^<think>[^]*?<\/think>/.exec(said)?.[0] ?? "";
  if (said.slice(block.length).trim() !== "") return err({ reason: "text-beside-call" });
  const calls: string[] = [];
  for (const { name, arguments: given } of message.toolCalls) {
    const members = memberText(given);
    if (members === null) return err({ reason: "arguments-not-a-json-object" });
    calls.push(`{"name": ${JSON.stringify(name)}, "arguments": ${members}}`);
  }
  const value = calls.length === 1 ? (calls[0] ?? "") : `[${calls.join(", ")}]`;
  if (/<\/?think>/.test(value)) return err({ reason: "ambiguous-arguments" });
  return ok({ from: "function_call", value: block === "" ? value : `${block}\n\n${value}` });
}

/** The text of a JSON object as it was written; null: it is none. */
function memberText(given: string): string | null {
  const text = given.trim() === "" ? "{}" : given.trim();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? text : null;
  } catch {
    return null;
  }
}
