import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { SampleProvenance } from "../../records/sample.ts";
import { assembleTurns } from "./assemble-turns.ts";
import type { ImportedConversation, ImportRefusal } from "./conversation.ts";
import { toolsOf } from "./hermes-prompt.ts";
import { imageOrigin } from "./image-name.ts";
import { knownToolset } from "./known-toolset.ts";
import { ActionEvent, actionStory, type EventStory } from "./openhands-actions.ts";
import { KindEvent, kindStory } from "./openhands-kinds.ts";

const Model = z.object({ model: z.string().nullish(), temperature: z.number().nullish(), top_p: z.number().nullish() });

/** A row of an evaluation, or of a saved conversation, around its events. */
const Row = z.object({
  history: z.array(z.unknown()).nullish(),
  trajectory: z.array(z.unknown()).nullish(),
  events: z.array(z.unknown()).nullish(),
  instance_id: z.union([z.string(), z.number()]).nullish(),
  instruction: z.string().nullish(),
  git_patch: z.string().nullish(),
  test_result: z.object({ git_patch: z.string().nullish() }).nullish(),
  error: z.string().nullish(),
  metadata: z
    .object({ llm_config: Model.nullish(), llm: Model.nullish(), details: z.object({ openhands_version: z.string().nullish() }).nullish() })
    .nullish(),
  instance: z
    .object({
      repo: z.string().nullish(),
      base_commit: z.string().nullish(),
      problem_statement: z.string().nullish(),
      docker_image: z.string().nullish(),
      image_name: z.string().nullish(),
    })
    .nullish(),
});
type Row = z.infer<typeof Row>;

/** Events of OpenHands: a list of them, or a row of an evaluation that holds them. `name`: of the file, where no instance is named. */
export function readOpenHandsRow(value: unknown, name: string): Result<ImportedConversation, ImportRefusal> {
  const parsed = Row.safeParse(Array.isArray(value) ? { events: value } : value);
  if (!parsed.success) return err({ reason: "not-a-row", detail: parsed.error.issues[0]?.path.join(".") ?? "" });
  const row = parsed.data;
  // Old evaluations have pairs of an action and its observation.
  const events = (row.history ?? row.trajectory ?? row.events ?? []).flat();
  if (events.length === 0) return err({ reason: "no-messages", detail: "history" });
  const story = storyOf(events);
  if (!story.ok) return story;
  const { turns, notes, handedIn } = story.value;
  const messages = assembleTurns(turns);
  if (!messages.ok) return messages;
  const { toolset, tools, note } = knownToolset(toolsOf(story.value.tools), messages.value, "sera");
  return ok({
    kind: null,
    provenance: provenanceOf(row, story.value, name),
    exit: handedIn ? "submitted" : row.error == null || row.error === "" ? null : "error",
    toolset,
    tools,
    messages: messages.value,
    problem: row.instance?.problem_statement ?? row.instruction ?? null,
    patch: row.test_result?.git_patch ?? row.git_patch ?? null,
    firstPatch: null,
    notes: note === null ? notes : [...notes, note],
  });
}

function storyOf(events: readonly unknown[]): Result<EventStory, ImportRefusal> {
  const isNew = events.some((event) => typeof event === "object" && event !== null && "kind" in event);
  const parsed = isNew ? KindEvent.array().safeParse(events) : ActionEvent.array().safeParse(events);
  if (!parsed.success) return err({ reason: "not-a-row", detail: `event ${parsed.error.issues[0]?.path.join(".") ?? ""}` });
  return isNew ? kindStory(parsed.data as KindEvent[]) : actionStory(parsed.data as ActionEvent[]);
}

function provenanceOf(row: Row, { version, teacher }: EventStory, name: string): SampleProvenance {
  const { instance, metadata } = row;
  const image = imageOrigin(instance?.docker_image ?? instance?.image_name);
  const { model, temperature, top_p } = metadata?.llm_config ?? metadata?.llm ?? {};
  return {
    origin: "openhands",
    rollout: row.instance_id == null ? name : String(row.instance_id),
    repository: instance?.repo ?? image.repository,
    commit: instance?.base_commit ?? image.commit,
    path: null,
    qualifiedName: null,
    language: null,
    licence: null,
    hint: null,
    teacher: model ?? teacher,
    sampling: { ...(temperature != null && { temperature }), ...(top_p != null && { top_p }) },
    termsAllowTraining: null,
    attempt: null,
    tool: `openhands ${version ?? metadata?.details?.openhands_version ?? "of unknown version"}`,
  };
}
