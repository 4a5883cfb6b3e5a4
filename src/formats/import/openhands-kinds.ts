import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { ForeignCall, Turn } from "./assemble-turns.ts";
import type { ImportNote, ImportRefusal } from "./conversation.ts";
import type { EventStory } from "./openhands-actions.ts";
import { commandOutput } from "./openhands-observation.ts";
import { callsOf, openAiTurn, OpenAiMessage } from "./openai-turn.ts";
import { textContent } from "./text-content.ts";

/** One event of OpenHands from its version 1 on, told by its `kind`. */
export const KindEvent = z.object({
  kind: z.string(),
  source: z.string().nullish(),
  system_prompt: z.unknown().optional(),
  dynamic_context: z.unknown().optional(),
  tools: z.unknown().optional(),
  llm_message: OpenAiMessage.nullish(),
  extended_content: z.unknown().optional(),
  thought: z.unknown().optional(),
  reasoning_content: z.string().nullish(),
  thinking_blocks: OpenAiMessage.shape.thinking_blocks,
  tool_name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
  tool_call: OpenAiMessage.shape.tool_calls.unwrap().unwrap().element.nullish(),
  llm_response_id: z.string().nullish(),
  observation: z.record(z.string(), z.unknown()).nullish(),
  error: z.string().nullish(),
  rejection_reason: z.string().nullish(),
});
export type KindEvent = z.infer<typeof KindEvent>;

type AssistantTurn = Extract<Turn, { role: "assistant" }>;

/** Events as turns; the calls of one reply of the model are one turn. */
export function kindStory(events: readonly KindEvent[]): Result<EventStory, ImportRefusal> {
  const turns: Turn[] = [];
  const notes: ImportNote[] = [];
  let reply: string | null = null;
  for (const [position, event] of events.entries()) {
    const told = turnOf(event, `event ${position}`);
    if (!told.ok) return told;
    if (told.value === null) {
      if (leavesGap(event)) notes.push("events-left-out");
      continue;
    }
    const last = turns.at(-1);
    const isSame = event.kind === "ActionEvent" && reply !== null && reply === event.llm_response_id;
    if (isSame && last?.role === "assistant" && told.value.role === "assistant") turns[turns.length - 1] = joined(last, told.value);
    else turns.push(told.value);
    reply = event.kind === "ActionEvent" ? (event.llm_response_id ?? null) : null;
  }
  const prompt = events.find(({ kind }) => kind === "SystemPromptEvent");
  const handedIn = events.some(({ kind, tool_name }) => kind === "ActionEvent" && tool_name === "finish");
  return ok({ turns, tools: prompt?.tools, teacher: null, version: null, handedIn, notes });
}

function joined(first: AssistantTurn, second: AssistantTurn): AssistantTurn {
  const content = [first.content, second.content].filter((text) => text !== "").join("\n");
  return { ...first, content, reasoning: first.reasoning ?? second.reasoning, calls: [...first.calls, ...second.calls] };
}

/** Null: the event says nothing in the conversation. */
function turnOf(event: KindEvent, place: string): Result<Turn | null, ImportRefusal> {
  switch (event.kind) {
    case "SystemPromptEvent":
      return withText([event.system_prompt, event.dynamic_context], place, (content) => ({ role: "system", content }));
    case "MessageEvent":
      return messageTurn(event, place);
    case "ActionEvent":
      return actionTurn(event, place);
    case "ObservationEvent":
      return withText([seen(event), event.extended_content], place, (content) => resultTurn(event, content));
    case "AgentErrorEvent":
      return ok(resultTurn(event, event.error ?? ""));
    case "UserRejectObservation":
      return ok(resultTurn(event, `Action rejected: ${event.rejection_reason ?? ""}`));
    default:
      return ok(null);
  }
}

function withText(contents: readonly unknown[], place: string, make: (content: string) => Turn): Result<Turn, ImportRefusal> {
  const texts: string[] = [];
  for (const content of contents) {
    const text = textContent(isPart(content) ? [content] : content, place);
    if (!text.ok) return text;
    if (text.value !== "") texts.push(text.value);
  }
  return ok(make(texts.join("\n\n")));
}

function isPart(content: unknown): boolean {
  return typeof content === "object" && content !== null && !Array.isArray(content);
}

function messageTurn({ llm_message: message, extended_content }: KindEvent, place: string): Result<Turn | null, ImportRefusal> {
  if (message == null) return ok(null);
  const turn = openAiTurn(message, place);
  const added = textContent(extended_content, place);
  if (!added.ok) return added;
  if (!turn.ok || turn.value.role !== "user" || added.value === "") return turn;
  return ok({ ...turn.value, content: `${turn.value.content}\n\n${added.value}` });
}

function actionTurn(event: KindEvent, place: string): Result<Turn, ImportRefusal> {
  const call = event.tool_call == null ? [] : callsOf([event.tool_call]);
  const [only] = call;
  if (only === undefined) return err({ reason: "action-without-call", detail: place });
  const calls: ForeignCall[] = [{ ...only, id: only.id ?? event.tool_call_id ?? null }];
  const { thought: content, reasoning_content, thinking_blocks } = event;
  const turn = openAiTurn({ role: "assistant", content: isPart(content) ? [content] : content, reasoning_content, thinking_blocks }, place);
  return turn.ok && turn.value.role === "assistant" ? ok({ ...turn.value, calls }) : turn;
}

function resultTurn({ tool_call_id }: KindEvent, content: string): Turn {
  return { role: "tool", content, callId: tool_call_id ?? null };
}

/** An observation has its text as parts, or as a command's output. */
function seen({ observation }: KindEvent): unknown {
  const { content, output, metadata } = observation ?? {};
  if (typeof output === "string") return commandOutput(output, metadata);
  if (metadata === undefined) return content;
  const text = textContent(content, "");
  return text.ok ? commandOutput(text.value, metadata) : content;
}

const machine = new Set(["ConversationStateUpdateEvent", "StreamingDeltaEvent", "TokenEvent", "PauseEvent"]);

/** Of condensations and of events that are not known, words may have stood in the prompt. */
function leavesGap({ kind }: KindEvent): boolean {
  return !machine.has(kind);
}
