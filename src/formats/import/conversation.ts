import type { Message, ToolSchema } from "../../records/message.ts";
import type { Sample, SampleProvenance } from "../../records/sample.ts";

/** The programs whose files can be read. */
export const importSources = ["sera", "swe-agent", "mini-swe-agent", "openhands"] as const;
export type ImportSource = (typeof importSources)[number];

/**
 * A rollout of another program as its file tells it; what it does not tell is null. `problem`: what the agent was asked; `patch`: its change;
 * `firstPatch`: the change of a first rollout that it is to be compared with. `notes`: what of the file is not in the messages as it stood.
 */
export interface ImportedConversation {
  readonly kind: Sample["kind"];
  readonly provenance: SampleProvenance;
  readonly exit: string | null;
  readonly toolset: string | null;
  readonly tools: readonly ToolSchema[];
  readonly messages: readonly Message[];
  readonly problem: string | null;
  readonly patch: string | null;
  readonly firstPatch: string | null;
  readonly notes: readonly ImportNote[];
}

/**
 * What was done to a conversation, counted once for each message: the harness's own words left out; turns that were asked again left out; shown
 * examples left out; calls that were written as text made calls; events without a text left out. Once for each sample: tools of our toolset
 * in the place of those that the file does not tell; tools not known.
 */
export type ImportNote =
  | "harness-messages-left-out"
  | "requeries-left-out"
  | "demonstrations-left-out"
  | "text-calls-made-calls"
  | "events-left-out"
  | "tools-of-our-toolset"
  | "tools-not-known";

/** Why a row is no sample. `detail` names the place in it. */
export interface ImportRefusal {
  readonly reason: ImportRefusalReason;
  readonly detail: string;
}

export type ImportRefusalReason =
  | "not-a-row"
  | "no-messages"
  | "unknown-role"
  | "content-not-text"
  | "system-message-inside"
  | "no-user-message"
  | "no-assistant-turn"
  | "ambiguous-think-tags"
  | "bad-tool-call"
  | "unclosed-tool-call"
  | "text-after-tool-call"
  | "xml-tool-calls"
  | "call-without-result"
  | "result-without-call"
  | "action-without-call";
