import { z } from "zod";
import type { AssistantMessage, Message, ToolCall } from "../../records/message.ts";

/** A command that prints more than the 100,000 characters an observation may have: the `oversized` fault. */
export const oversizedCommand = "seq 1 20000";

/** What the teacher needs to know of a conversation to go on with it. */
export interface Conversation {
  /** The first user message; empty when there is none. */
  readonly task: string;
  /** Observations of the proper calls so far; faulty replies and requeries are passed over. */
  readonly observations: readonly string[];
  /** Faulty replies since the last proper one. */
  readonly faultyAtEnd: number;
}

export function readConversation(messages: readonly Message[]): Conversation {
  const observations: string[] = [];
  let faultyAtEnd = 0;
  messages.forEach((message, index) => {
    if (message.role !== "assistant") return;
    const marked = countedFaults(message);
    const call = marked === null ? properCall(message) : null;
    const observation = call === null ? null : observationOf(call, messages.slice(index + 1));
    if (call === null) faultyAtEnd = marked ?? faultyAtEnd + 1;
    if (observation === null) return;
    observations.push(observation);
    faultyAtEnd = 0;
  });
  return { task: messages.find((message) => message.role === "user")?.content ?? "", observations, faultyAtEnd };
}

/** A faulty reply says so, and which in a row it is, because a client may show it only the last of them. */
export function faultMark(inARow: number): string {
  return ` (scripted fault, ${inARow} in a row)`;
}

function countedFaults({ content, reasoning }: AssistantMessage): number | null {
  const counted = /\(scripted fault, (\d+) in a row\)/.exec(`${content}${reasoning ?? ""}`)?.[1];
  return counted === undefined ? null : Number(counted);
}

const EditorInput = z.object({ command: z.string() });

/** The one call of a reply that was not made faulty on purpose; null also where a client mended broken arguments to `{}`. */
function properCall(message: AssistantMessage): ToolCall | null {
  const [call, ...more] = message.toolCalls;
  if (call === undefined || more.length > 0) return null;
  if (call.name !== "bash" && call.name !== "str_replace_editor") return call;
  const input = EditorInput.safeParse(jsonOf(call.arguments));
  return input.success && input.data.command !== oversizedCommand ? call : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Null when the client asked again instead of running the call. */
function observationOf(call: ToolCall, later: readonly Message[]): string | null {
  const next = later.findIndex((message) => message.role === "assistant");
  const answers = (next === -1 ? later : later.slice(0, next)).filter((message) => message.role === "tool");
  return (answers.find((answer) => answer.toolCallId === call.id) ?? answers[0])?.content ?? null;
}
