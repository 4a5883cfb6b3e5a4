import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { SampleProvenance } from "../../records/sample.ts";
import { assembleTurns, type Turn } from "./assemble-turns.ts";
import type { ImportedConversation, ImportNote, ImportRefusal } from "./conversation.ts";
import { imageOrigin } from "./image-name.ts";
import { knownToolset } from "./known-toolset.ts";
import { openAiTurn, OpenAiMessage } from "./openai-turn.ts";
import { textCall } from "./text-call.ts";
import { textContent } from "./text-content.ts";

const MiniMessage = OpenAiMessage.extend({
  extra: z.object({ exit_status: z.string().nullish(), submission: z.string().nullish(), interrupt_type: z.string().nullish() }).nullish(),
});
type MiniMessage = z.infer<typeof MiniMessage>;

const Trajectory = z.object({
  messages: z.array(MiniMessage),
  instance_id: z.string().nullish(),
  info: z
    .object({
      exit_status: z.string().nullish(),
      submission: z.string().nullish(),
      mini_version: z.string().nullish(),
      config: z
        .object({
          model: z
            .object({
              model_name: z.string().nullish(),
              model_kwargs: z.record(z.string(), z.unknown()).nullish(),
              format_error_template: z.string().nullish(),
            })
            .nullish(),
          environment: z.object({ image: z.string().nullish() }).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});
type Info = z.infer<typeof Trajectory>["info"];

/**
 * A `.traj.json` file of mini-swe-agent: its messages with structured calls, or those of older versions with one fenced command a turn. The
 * last message says how it ended and is no part of the conversation. `name`: of the file, where it names no instance.
 */
export function readMiniTrajectory(value: unknown, name: string): Result<ImportedConversation, ImportRefusal> {
  // The first versions kept the messages alone.
  const parsed = Trajectory.safeParse(Array.isArray(value) ? { messages: value } : value);
  if (!parsed.success) return err({ reason: "not-a-row", detail: parsed.error.issues[0]?.path.join(".") ?? "" });
  const { messages: history, info, instance_id } = parsed.data;
  const exit = history.findLast(({ role }) => role === "exit");
  const said = history.filter(({ role }) => role !== "exit");
  if (said.length === 0) return err({ reason: "no-messages", detail: "messages" });
  const notes: ImportNote[] = [];
  const isText = said.every(({ tool_calls, role }) => tool_calls == null && role !== "tool");
  const turns = isText ? textTurns(said, notes) : structuredTurns(said, errorHead(info), notes);
  if (!turns.ok) return turns;
  const messages = assembleTurns(turns.value);
  if (!messages.ok) return messages;
  const { toolset, tools, note } = knownToolset(null, messages.value, "mini");
  const status = exit?.extra?.exit_status ?? info?.exit_status ?? null;
  return ok({
    kind: null,
    provenance: { ...provenanceOf(info), rollout: instance_id ?? name },
    exit: status === "Submitted" ? "submitted" : status,
    toolset,
    tools,
    messages: messages.value,
    problem: null,
    patch: exit?.extra?.submission ?? info?.submission ?? null,
    firstPatch: null,
    notes: note === null ? notes : [...notes, note],
  });
}

/** Of a reply without a valid call only the answer of the harness is stored; it was shown once and is left out. */
function structuredTurns(history: readonly MiniMessage[], head: string | null, notes: ImportNote[]): Result<Turn[], ImportRefusal> {
  const turns: Turn[] = [];
  for (const [position, message] of history.entries()) {
    const turn = openAiTurn(message, `messages ${position}`);
    if (!turn.ok) return turn;
    const { role, content } = turn.value;
    const isError = message.extra?.interrupt_type === "FormatError" || (head !== null && content.trimStart().startsWith(head));
    if (role === "user" && position > 1 && isError) notes.push("requeries-left-out");
    else turns.push(turn.value);
  }
  return ok(turns);
}

/** How the harness's answer to a reply without a valid call begins. */
function errorHead(info: Info): string | null {
  const first = info?.config?.model?.format_error_template?.split(/\n|\{[{%]/, 1)[0]?.trim();
  return first === undefined || first.length < 8 ? null : first;
}

/** Turns that ran nothing were asked again: they and the answer to them are left out, as is the message that hands the work back. */
function textTurns(history: readonly MiniMessage[], notes: ImportNote[]): Result<Turn[], ImportRefusal> {
  const turns: Turn[] = [];
  let isAskedAgain = false;
  for (const [position, message] of history.entries()) {
    const place = `messages ${position}`;
    const text = textContent(message.content, place);
    if (!text.ok) return text;
    if (message.role === "assistant") {
      const turn = textCall(text.value);
      isAskedAgain = turn === null;
      notes.push(turn === null ? "requeries-left-out" : "text-calls-made-calls");
      if (turn !== null) turns.push(turn);
      continue;
    }
    if (message.role !== "system" && message.role !== "user") return err({ reason: "unknown-role", detail: place });
    const before = turns.at(-1);
    if (isAskedAgain) notes.push("requeries-left-out");
    else if (before?.role !== "assistant") turns.push({ role: message.role, content: text.value });
    else if (position === history.length - 1 && handsIn(before)) notes.push("harness-messages-left-out");
    else turns.push({ role: "tool", content: text.value, callId: null });
    isAskedAgain = false;
  }
  return ok(turns);
}

function handsIn({ calls }: Extract<Turn, { role: "assistant" }>): boolean {
  return calls.some((call) => /COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT|MINI_SWE_AGENT_FINAL_OUTPUT/.test(call.arguments));
}

function provenanceOf(info: Info): Omit<SampleProvenance, "rollout"> {
  const { model, environment } = info?.config ?? {};
  const settings = Object.entries(model?.model_kwargs ?? {}).filter(([key]) => ["temperature", "top_p", "top_k", "seed"].includes(key));
  return {
    origin: "mini-swe-agent",
    ...imageOrigin(environment?.image),
    path: null,
    qualifiedName: null,
    language: null,
    licence: null,
    hint: null,
    teacher: model?.model_name ?? null,
    sampling: Object.fromEntries(settings.filter((setting): setting is [string, number] => typeof setting[1] === "number")),
    termsAllowTraining: null,
    attempt: null,
    tool: `mini-swe-agent ${info?.mini_version ?? "of unknown version"}`,
  };
}
