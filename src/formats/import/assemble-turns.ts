import { err, ok, type Result } from "../../base/result.ts";
import type { Message, ToolCall } from "../../records/message.ts";
import type { ImportRefusal } from "./conversation.ts";

/** A call as another program keeps it; its id may be missing. */
export interface ForeignCall {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
}

/** A message of another program. `callId`: which call a result answers; null: the file does not say. */
export type Turn =
  | { readonly role: "system" | "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string; readonly reasoning: string | null; readonly calls: readonly ForeignCall[] }
  | { readonly role: "tool"; readonly content: string; readonly callId: string | null };

/**
 * Turns as one conversation of a sample: every call has an id and its result behind it, in the order of the calls. The last calls may have
 * none: they handed the work in, or the rollout ended there.
 */
export function assembleTurns(turns: readonly Turn[]): Result<Message[], ImportRefusal> {
  const messages: Message[] = [];
  let waiting: Waiting | null = null;
  for (const [position, turn] of turns.entries()) {
    if (turn.role === "tool") {
      const problem: ImportRefusal | null = answer(waiting, turn, `message ${position}`);
      if (problem !== null) return err(problem);
      continue;
    }
    if (waiting !== null) {
      if (!waiting.results.every((result) => result !== null))
        return err({ reason: "call-without-result", detail: `before message ${position}` });
      messages.push(...resultsOf(waiting));
      waiting = null;
    }
    if (turn.role === "system" && position > 0) return err({ reason: "system-message-inside", detail: `message ${position}` });
    if (turn.role !== "assistant") messages.push({ role: turn.role, content: turn.content });
    else {
      const toolCalls = withIds(turn.calls, messages.length);
      messages.push({ role: "assistant", content: turn.content, reasoning: turn.reasoning, toolCalls });
      if (toolCalls.length > 0) waiting = { calls: turn.calls, toolCalls, results: toolCalls.map(() => null) };
    }
  }
  if (waiting !== null) messages.push(...resultsOf(waiting));
  if (!messages.some(({ role }) => role === "user")) return err({ reason: "no-user-message", detail: "the conversation" });
  if (!messages.some(({ role }) => role === "assistant")) return err({ reason: "no-assistant-turn", detail: "the conversation" });
  return ok(messages);
}

interface Waiting {
  readonly calls: readonly ForeignCall[];
  readonly toolCalls: readonly ToolCall[];
  readonly results: (string | null)[];
}

function answer(waiting: Waiting | null, { content, callId }: Extract<Turn, { role: "tool" }>, place: string): ImportRefusal | null {
  if (waiting === null) return { reason: "result-without-call", detail: place };
  const named = callId === null ? -1 : waiting.calls.findIndex(({ id }, index) => id === callId && waiting.results[index] === null);
  const index = named === -1 ? waiting.results.indexOf(null) : named;
  if (index === -1) return { reason: "result-without-call", detail: place };
  waiting.results[index] = content;
  return null;
}

/** At the end of a conversation the last results may be missing. */
function resultsOf({ toolCalls, results }: Waiting): Message[] {
  return toolCalls.flatMap(({ id }, index) => {
    const content = results[index];
    return content === null || content === undefined ? [] : [{ role: "tool" as const, content, toolCallId: id }];
  });
}

/** Ids that are missing, or double, are made from the call's place. */
function withIds(calls: readonly ForeignCall[], position: number): ToolCall[] {
  const given = calls.map(({ id }) => id);
  return calls.map(({ id, name, arguments: written }, index) => {
    const isOwn = id !== null && id !== "" && given.indexOf(id) === index;
    return { id: isOwn ? id : `call-${position}-${index}`, name, arguments: written };
  });
}
