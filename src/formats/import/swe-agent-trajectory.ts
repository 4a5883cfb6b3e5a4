import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { SampleProvenance } from "../../records/sample.ts";
import { assembleTurns, type Turn } from "./assemble-turns.ts";
import type { ImportedConversation, ImportNote, ImportRefusal } from "./conversation.ts";
import { withoutHarnessEnd } from "./harness-end.ts";
import { imageOrigin } from "./image-name.ts";
import { knownToolset } from "./known-toolset.ts";
import { openAiTurn, OpenAiMessage } from "./openai-turn.ts";
import { bashCall, textCall } from "./text-call.ts";
import { textContent } from "./text-content.ts";

const HistoryMessage = OpenAiMessage.extend({
  is_demo: z.boolean().nullish(),
  thought: z.string().nullish(),
  action: z.string().nullish(),
  message_type: z.string().nullish(),
});
type HistoryMessage = z.infer<typeof HistoryMessage>;

const Trajectory = z.object({
  history: z.array(HistoryMessage),
  environment: z.unknown().optional(),
  replay_config: z.unknown().optional(),
  info: z
    .object({
      submission: z.string().nullish(),
      exit_status: z.string().nullish(),
      swe_agent_version: z.string().nullish(),
    })
    .nullish(),
});

const ReplayConfig = z.object({
  agent: z
    .object({ model: z.object({ name: z.string().nullish(), temperature: z.number().nullish(), top_p: z.number().nullish() }).nullish() })
    .nullish(),
  env: z
    .object({
      deployment: z.object({ image: z.string().nullish() }).nullish(),
      repo: z.object({ repo_name: z.string().nullish(), github_url: z.string().nullish(), base_commit: z.string().nullish() }).nullish(),
    })
    .nullish(),
  problem_statement: z.object({ text: z.string().nullish() }).nullish(),
});
type ReplayConfig = z.infer<typeof ReplayConfig>;

/**
 * A `.traj` file of SWE-agent: what the model worked on is its `history`; turns that were asked again stand only in `trajectory`. `name`: of
 * the file, where it names no instance.
 */
export function readSweAgentTrajectory(value: unknown, name: string): Result<ImportedConversation, ImportRefusal> {
  const parsed = Trajectory.safeParse(value);
  if (!parsed.success) return err({ reason: "not-a-row", detail: parsed.error.issues[0]?.path.join(".") ?? "" });
  const { history, info, environment, replay_config: replay } = parsed.data;
  if (history.length === 0) return err({ reason: "no-messages", detail: "history" });
  const own = history.filter(({ is_demo, message_type }) => is_demo !== true && message_type !== "demonstration");
  const { kept, leftOut } = withoutHarnessEnd(own);
  const notes: ImportNote[] = [
    ...Array.from({ length: history.length - own.length }, () => "demonstrations-left-out" as const),
    ...Array.from({ length: leftOut }, () => "harness-messages-left-out" as const),
  ];
  const turns = turnsOf(kept, notes);
  if (!turns.ok) return turns;
  const messages = assembleTurns(turns.value);
  if (!messages.ok) return messages;
  const { toolset, tools, note } = knownToolset(null, messages.value, notes.includes("text-calls-made-calls") ? "mini" : "sera");
  const config = replayConfig(replay);
  const rollout = typeof environment === "string" && environment !== "main" && environment !== "" ? environment : name;
  return ok({
    kind: null,
    provenance: { ...provenanceOf(config), rollout, tool: `swe-agent ${info?.swe_agent_version ?? "of unknown version"}` },
    exit: info?.exit_status ?? null,
    toolset,
    tools,
    messages: messages.value,
    problem: config.problem_statement?.text ?? null,
    patch: info?.submission ?? null,
    firstPatch: null,
    notes: note === null ? notes : [...notes, note],
  });
}

function turnsOf(history: readonly HistoryMessage[], notes: ImportNote[]): Result<Turn[], ImportRefusal> {
  const isText = history.every(({ tool_calls, role }) => tool_calls == null && role !== "tool");
  const turns: Turn[] = [];
  for (const [position, message] of history.entries()) {
    const place = `history ${position}`;
    const turn = isText ? textTurn(message, turns.at(-1), place) : openAiTurn(message, place);
    if (!turn.ok) return turn;
    if (isText && turn.value.role === "assistant" && turn.value.calls.length > 0) notes.push("text-calls-made-calls");
    turns.push(turn.value);
  }
  return ok(turns);
}

/** Older versions have actions as text, and their results as the user's messages. */
function textTurn(message: HistoryMessage, before: Turn | undefined, place: string): Result<Turn, ImportRefusal> {
  const text = textContent(message.content, place);
  if (!text.ok) return text;
  if (message.role === "user" && before?.role === "assistant" && before.calls.length > 0)
    return ok({ role: "tool", content: text.value, callId: null });
  if (message.role !== "assistant") return openAiTurn(message, place);
  const { action, thought } = message;
  if (action == null || action.trim() === "")
    return ok(textCall(text.value) ?? { role: "assistant", content: text.value, reasoning: null, calls: [] });
  return ok({ role: "assistant", content: (thought ?? "").trim(), reasoning: null, calls: [bashCall(action.replace(/\n$/, ""))] });
}

/** Settings as JSON text or an object; what is not there is empty. */
function replayConfig(value: unknown): ReplayConfig {
  try {
    return ReplayConfig.safeParse(typeof value === "string" ? JSON.parse(value) : (value ?? {})).data ?? {};
  } catch {
    return {};
  }
}

function provenanceOf({ agent, env }: ReplayConfig): Omit<SampleProvenance, "rollout" | "tool"> {
  const image = imageOrigin(env?.deployment?.image);
  const { repo_name, github_url, base_commit } = env?.repo ?? {};
  const byAddress = /github\.com[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(github_url ?? "")?.[1];
  const named = repo_name == null || repo_name === "testbed" ? null : repo_name;
  const { name, temperature, top_p } = agent?.model ?? {};
  return {
    origin: "swe-agent",
    repository: byAddress ?? image.repository ?? named,
    commit: base_commit == null || base_commit === "HEAD" ? image.commit : base_commit,
    path: null,
    qualifiedName: null,
    language: null,
    licence: null,
    hint: null,
    teacher: name ?? null,
    sampling: { ...(temperature != null && { temperature }), ...(top_p != null && { top_p }) },
    termsAllowTraining: null,
    attempt: null,
  };
}
