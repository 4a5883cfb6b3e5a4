import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { ForeignCall, Turn } from "./assemble-turns.ts";
import type { ImportNote, ImportRefusal } from "./conversation.ts";
import { callsOf, openAiTurn, OpenAiMessage } from "./openai-turn.ts";
import { commandOutput } from "./openhands-observation.ts";

const CallMetadata = z.object({
  function_name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
  model_response: z
    .object({ id: z.string().nullish(), model: z.string().nullish(), choices: z.array(z.object({ message: OpenAiMessage })) })
    .nullish(),
});

/** One event of OpenHands before its version 1: an action or an observation. */
export const ActionEvent = z.object({
  id: z.union([z.number(), z.string()]).nullish(),
  source: z.string().nullish(),
  action: z.string().nullish(),
  observation: z.string().nullish(),
  cause: z.union([z.number(), z.string()]).nullish(),
  args: z.record(z.string(), z.unknown()).nullish(),
  content: z.string().nullish(),
  extras: z.record(z.string(), z.unknown()).nullish(),
  tool_call_metadata: CallMetadata.nullish(),
});
export type ActionEvent = z.infer<typeof ActionEvent>;

/** What the events say beside the turns. `handedIn`: the agent said it had finished; `tools`: as the model was given them. */
export interface EventStory {
  readonly turns: readonly Turn[];
  readonly tools: unknown;
  readonly teacher: string | null;
  readonly version: string | null;
  readonly handedIn: boolean;
  readonly notes: readonly ImportNote[];
}

interface Telling {
  readonly turns: Turn[];
  readonly notes: ImportNote[];
  /** Replies of the model that stand already; one with several calls has an event for each. */
  readonly replies: Set<string>;
  /** Ids of actions that are calls, by which results without a call's id find theirs. */
  readonly callOf: Map<string, string>;
}

/** Events that tell of the machine and not of the conversation. */
const silent = new Set([
  "agent_state_changed",
  "change_agent_state",
  "null",
  "recall",
  "condensation",
  "condensation_request",
  "loop_recovery",
]);

/** Actions and observations as turns. A reply of the model is taken as its server gave it, where the event keeps it. */
export function actionStory(events: readonly ActionEvent[]): Result<EventStory, ImportRefusal> {
  const told: Telling = { turns: [], notes: [], replies: new Set(), callOf: new Map() };
  let first: ActionEvent | null = null;
  for (const [position, event] of events.entries()) {
    if (event.action === "system") first ??= event;
    const problem = event.action != null ? tellAction(event, told, `event ${position}`) : tellObservation(event, told);
    if (problem !== null) return err(problem);
  }
  const { args } = first ?? {};
  const version = args?.["openhands_version"];
  const finish = events.some(({ action, source }) => action === "finish" && source === "agent");
  return ok({
    turns: told.turns,
    tools: args?.["tools"],
    teacher:
      events.find(({ tool_call_metadata: called }) => called?.model_response?.model != null)?.tool_call_metadata?.model_response?.model ??
      null,
    version: typeof version === "string" ? version : null,
    handedIn: finish,
    notes: told.notes,
  });
}

function tellAction(event: ActionEvent, told: Telling, place: string): ImportRefusal | null {
  const { action, source, args, tool_call_metadata: called } = event;
  const content = typeof args?.["content"] === "string" ? args["content"] : "";
  if (action === "system") return tell(told, { role: "system", content });
  if (action == null || silent.has(action)) return null;
  if (called?.model_response != null) return tellReply(event, told, place);
  if (action === "message") {
    if (source === "user") return tell(told, { role: "user", content });
    return tell(told, { role: "assistant", content, reasoning: null, calls: [] });
  }
  if (source !== "agent") {
    told.notes.push("events-left-out");
    return null;
  }
  const call = writtenCall(event, told);
  if (call === null) return { reason: "action-without-call", detail: `${place} (${action})` };
  told.notes.push("text-calls-made-calls");
  return tell(told, { role: "assistant", content: thoughtOf(args), reasoning: null, calls: [call] });
}

function tell(told: Telling, turn: Turn): null {
  told.turns.push(turn);
  return null;
}

/** The whole reply, once, however many events tell of its calls. */
function tellReply({ id, tool_call_metadata: called }: ActionEvent, told: Telling, place: string): ImportRefusal | null {
  const response = called?.model_response;
  const message = response?.choices[0]?.message;
  if (message === undefined) return { reason: "action-without-call", detail: place };
  if (id != null && called?.tool_call_id != null) told.callOf.set(String(id), called.tool_call_id);
  const key = response?.id ?? callsOf(message.tool_calls)[0]?.id ?? "";
  if (key !== "" && told.replies.has(key)) return null;
  told.replies.add(key);
  const turn = openAiTurn({ ...message, role: "assistant" }, place);
  return turn.ok ? tell(told, turn.value) : turn.error;
}

/** Which tool an action without its call was, and the arguments that the tool has. */
const calls: Readonly<Record<string, { readonly tool: string; readonly keys: readonly string[] }>> = {
  run: { tool: "execute_bash", keys: ["command"] },
  run_ipython: { tool: "execute_ipython_cell", keys: ["code"] },
  edit: { tool: "str_replace_editor", keys: ["command", "path", "file_text", "old_str", "new_str", "insert_line", "view_range"] },
  read: { tool: "str_replace_editor", keys: ["command", "path", "view_range"] },
  think: { tool: "think", keys: ["thought"] },
  finish: { tool: "finish", keys: ["final_thought", "message"] },
};

function writtenCall({ id, action, args }: ActionEvent, told: Telling): ForeignCall | null {
  const known = calls[action ?? ""];
  if (known === undefined || (action === "edit" && typeof args?.["command"] !== "string")) return null;
  const given: Readonly<Record<string, unknown>> = action === "read" ? { command: "view", ...args } : { ...args };
  const kept = known.keys.flatMap((key) => (given[key] == null || given[key] === "" ? [] : [[key, given[key]] as const]));
  const callId = `event-${id ?? told.turns.length}`;
  if (id != null) told.callOf.set(String(id), callId);
  return { id: callId, name: known.tool, arguments: JSON.stringify(Object.fromEntries(kept)) };
}

function thoughtOf(args: ActionEvent["args"]): string {
  const thought = args?.["thought"];
  if (typeof thought === "object" && thought !== null && "text" in thought && typeof thought.text === "string") return thought.text;
  return typeof thought === "string" ? thought : "";
}

function tellObservation(event: ActionEvent, told: Telling): null {
  const { observation, cause, content, extras, tool_call_metadata: called } = event;
  if (observation == null || silent.has(observation)) {
    // What was recalled stood in the prompt in words that no event keeps.
    if (observation === "recall") told.notes.push("events-left-out");
    return null;
  }
  const callId = called?.tool_call_id ?? told.callOf.get(String(cause)) ?? null;
  if (callId === null) {
    told.notes.push("events-left-out");
    return null;
  }
  return tell(told, { role: "tool", content: seenText(observation, content ?? "", extras), callId });
}

function seenText(observation: string, content: string, extras: ActionEvent["extras"]): string {
  if (observation === "run") return commandOutput(content, extras?.["metadata"]);
  return observation === "error" ? `${content}\n[Error occurred in processing last action]` : content;
}
