import type { Artifacts } from "../../ledger/artifacts.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { ImportedTexts, type Imported } from "../../records/imported.ts";
import type { Message } from "../../records/message.ts";
import type { Verification } from "../../records/patch-score.ts";
import type { Transcript, Step } from "../../records/rollout.ts";
import type { Sample } from "../../records/sample.ts";
import { distinctReasons, safetyFlags } from "../dataset/safety/safety-flags.ts";

/** The stores of a run that samples were imported into. */
export interface ImportedSource {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
}

/**
 * An imported sample, whose texts are read when they are asked for, and what a selection judges it by. `firstPatch`: the artifact that it shares with
 * other tries of the same change; `texts`: hashes of its conversation and patch.
 */
export interface ImportedSample {
  readonly records: Imported["sample"];
  readonly texts: readonly string[];
  readonly sample: () => Promise<Sample>;
  readonly verification: Verification | null;
  readonly firstPatch: string | null;
  /** The rollout's own patch; null where the file had none. */
  readonly patch: () => Promise<Uint8Array | null>;
}

/** The imported samples of a run, in order of key. A run of ours has none. */
export async function* listImported(source: ImportedSource): AsyncGenerator<Sample> {
  for await (const { record } of source.ledger.list("imported")) yield await sampleOf(source, record);
}

/** One of them, by the key of its record, which is the sample's id. */
export async function readImported({ ledger, artifacts }: ImportedSource, key: string): Promise<ImportedSample> {
  const record = await mustGet(ledger.get("imported", key));
  const { patch, firstPatch, verification } = record;
  return {
    records: record.sample,
    texts: [record.texts, patch ?? "none"],
    sample: async () => await sampleOf({ ledger, artifacts }, record),
    verification: verification === null ? null : await mustGet(ledger.get("verification", verification)),
    // A first rollout's own patch is what others of its kind would repeat.
    firstPatch: firstPatch ?? (record.sample.kind === "t1" ? patch : null),
    patch: async () => (patch === null ? null : await mustGet(artifacts.get(patch))),
  };
}

async function sampleOf({ artifacts }: ImportedSource, record: Imported): Promise<Sample> {
  const bytes = await mustGet(artifacts.get(record.texts));
  const texts = ImportedTexts.parse(JSON.parse(Buffer.from(bytes).toString()));
  return { ...record.sample, flags: distinctReasons(safetyFlags(transcriptOf(texts.messages))), ...texts };
}

/** A conversation as the steps that safety is judged by; every text that is no call of the agent counts as what it saw. */
function transcriptOf(messages: readonly Message[]): Transcript {
  const first = messages.findIndex(({ role }) => role === "user");
  const steps: Step[] = [];
  const rest = messages.slice(first + 1);
  for (const [position, message] of rest.entries()) {
    if (message.role === "system") continue;
    const seen = message.role === "assistant" ? "" : message.content;
    const reply: Step["reply"] =
      message.role === "assistant" ? message : { role: "assistant", content: "", reasoning: null, toolCalls: [] };
    steps.push({ turn: position, kind: "action", reply, observation: seen, ended: null, exitCode: null });
  }
  const user = messages[first]?.content ?? "";
  return { version: 1, toolset: "", tools: [], system: "", user, steps };
}

async function mustGet<Value>(found: Promise<Value | null>): Promise<Value> {
  const value = await found;
  if (value === null) throw new Error("a record or artifact that another one names is missing: run `apprentice verify`");
  return value;
}
