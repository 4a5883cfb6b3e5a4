import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { SampleProvenance } from "../../records/sample.ts";
import { assembleTurns, type Turn } from "./assemble-turns.ts";
import type { ImportedConversation, ImportNote, ImportRefusal } from "./conversation.ts";
import { hermesPrompt, toolsOf } from "./hermes-prompt.ts";
import { hermesTurn } from "./hermes-turn.ts";
import { imageOrigin } from "./image-name.ts";
import { knownToolset } from "./known-toolset.ts";
import { openAiTurn, OpenAiMessage } from "./openai-turn.ts";
import { textContent } from "./text-content.ts";
import { withoutHarnessEnd } from "./harness-end.ts";

/** Columns of the released rows (paper.md §4); `messages` is JSON text there. */
const Row = z.object({
  messages: z.union([z.string(), z.array(z.unknown())]),
  instance_id: z.string().nullish(),
  rollout_patch: z.string().nullish(),
  target_patch: z.string().nullish(),
  func_name: z.string().nullish(),
  func_path: z.string().nullish(),
  problem_statement: z.string().nullish(),
  docker_image: z.string().nullish(),
  tool_json: z.unknown().optional(),
  tools: z.unknown().optional(),
});
type Row = z.infer<typeof Row>;

/** A row of the authors' published data, its calls as hermes text or structured. `name`: of the row where it has no id. */
export function readSeraRow(value: unknown, name: string): Result<ImportedConversation, ImportRefusal> {
  const parsed = Row.safeParse(value);
  if (!parsed.success) return err({ reason: "not-a-row", detail: parsed.error.issues[0]?.path.join(".") ?? "" });
  const row = parsed.data;
  const history = messagesOf(row.messages);
  if (history === null || history.length === 0) return err({ reason: "no-messages", detail: "messages" });
  const isStructured = history.some((message) => message.tool_calls != null || message.role === "tool");
  const told = toolsOf(row.tool_json) ?? toolsOf(row.tools);
  const { kept, leftOut } = withoutHarnessEnd(history);
  const turns = isStructured ? structuredTurns(kept) : textTurns(kept);
  if (!turns.ok) return turns;
  const { system, tools } = hermesPrompt(systemOf(turns.value));
  const messages = assembleTurns(withSystem(turns.value, tools === null ? null : system));
  if (!messages.ok) return messages;
  const { toolset, tools: known, note } = knownToolset(told ?? tools, messages.value, usualOf(messages.value));
  const notes: ImportNote[] = Array.from({ length: leftOut }, () => "harness-messages-left-out");
  return ok({
    ...about(row, name),
    exit: exitOf(messages.value),
    toolset,
    tools: known,
    messages: messages.value,
    notes: note === null ? notes : [...notes, note],
  });
}

function messagesOf(messages: Row["messages"]): OpenAiMessage[] | null {
  if (typeof messages !== "string") return OpenAiMessage.array().safeParse(messages).data ?? null;
  try {
    return OpenAiMessage.array().safeParse(JSON.parse(messages)).data ?? null;
  } catch {
    return null;
  }
}

function structuredTurns(history: readonly OpenAiMessage[]): Result<Turn[], ImportRefusal> {
  const turns: Turn[] = [];
  for (const [position, message] of history.entries()) {
    const place = `message ${position}`;
    const turn = openAiTurn(message, place);
    if (!turn.ok) return turn;
    turns.push(turn.value);
  }
  return ok(turns);
}

/** Results stand in messages of the user; several calls may be answered by one of them. */
function textTurns(history: readonly OpenAiMessage[]): Result<Turn[], ImportRefusal> {
  const turns: Turn[] = [];
  let waiting = 0;
  for (const [position, { role, content }] of history.entries()) {
    const place = `message ${position}`;
    const text = textContent(content, place);
    if (!text.ok) return text;
    if (role === "assistant") {
      const turn = hermesTurn(text.value, place);
      if (!turn.ok) return turn;
      turns.push(turn.value);
      waiting = turn.value.calls.length;
    } else if (role === "user") {
      const results = waiting === 0 ? null : resultsOf(text.value, waiting);
      waiting -= results?.length ?? waiting;
      turns.push(
        ...(results?.map((result) => ({ role: "tool" as const, content: result, callId: null })) ?? [{ role, content: text.value }]),
      );
    } else if (role === "system") turns.push({ role, content: text.value });
    else return err({ reason: "unknown-role", detail: place });
  }
  return ok(turns);
}

/** Null: the text is no result. */
function resultsOf(text: string, waiting: number): readonly string[] | null {
  const inside = /^\s*<tool_response>\n?([^]*?)\n?<\/tool_response>\s*$/.exec(text)?.[1];
  if (inside === undefined) return null;
  // Only a split into as many results as there are calls is meant as one.
  const split = inside.split(/\n?<\/tool_response>\s*<tool_response>\n?/);
  return waiting > 1 && split.length === waiting ? split : [inside];
}

function systemOf(turns: readonly Turn[]): string {
  const [first] = turns;
  return first?.role === "system" ? first.content : "";
}

function withSystem(turns: readonly Turn[], system: string | null): readonly Turn[] {
  return system === null ? turns : [{ role: "system", content: system }, ...turns.slice(1)];
}

function about(row: Row, name: string): Pick<ImportedConversation, "kind" | "provenance" | "problem" | "patch" | "firstPatch"> {
  const problem = known(row.problem_statement);
  const firstPatch = known(row.target_patch);
  const kind = row.target_patch == null ? null : firstPatch === null ? "t1" : "t2";
  return {
    kind,
    provenance: { ...provenanceOf(row, name), hint: kind === "t1" ? problem : null },
    problem,
    // An empty patch is one; the column may be missing.
    patch: row.rollout_patch ?? null,
    firstPatch,
  };
}

function provenanceOf(row: Row, name: string): Omit<SampleProvenance, "hint"> {
  const path = known(row.func_path);
  const image = imageOrigin(row.docker_image);
  const byId = idOrigin(row.instance_id ?? "");
  return {
    origin: "sera",
    rollout: known(row.instance_id) ?? name,
    repository: image.repository ?? byId.repository,
    commit: image.commit ?? byId.commit,
    path,
    qualifiedName: known(row.func_name),
    language: path?.endsWith(".py") === true ? "python" : null,
    licence: null,
    teacher: null,
    sampling: {},
    termsAllowTraining: null,
    attempt: null,
    tool: "SERA",
  };
}

/** `<owner>_<name>_<commit5>_<number>` (reference.md §b.1), where the underscores can only be these. */
function idOrigin(id: string): { readonly repository: string | null; readonly commit: string | null } {
  const found = /^([^_]+)_([^_]+)_([0-9a-f]{5})_\d{5,}$/.exec(id);
  return found === null ? { repository: null, commit: null } : { repository: `${found[1]}/${found[2]}`, commit: found[3] ?? null };
}

function known(text: string | null | undefined): string | null {
  return text == null || text.trim() === "" || text.trim() === "n/a" ? null : text;
}

/** The second `submit` ends a rollout (reference.md §c.6); of other endings rows say nothing. */
function exitOf(messages: ImportedConversation["messages"]): string | null {
  const calls = messages.flatMap((message) => (message.role === "assistant" ? [message.toolCalls] : []));
  const isSubmit = (turn: (typeof calls)[number] | undefined): boolean => turn?.length === 1 && turn[0]?.name === "submit";
  return isSubmit(calls.at(-1)) && calls.filter(isSubmit).length > 1 ? "submitted" : null;
}

/** Results of one harness begin with a word of its own (reference.md §c.2). */
function usualOf(messages: ImportedConversation["messages"]): "sera" | "mini" {
  return messages.some(({ role, content }) => role === "tool" && content.startsWith("<returncode>")) ? "mini" : "sera";
}
