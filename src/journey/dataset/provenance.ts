import type { Lineage } from "../../records/lineage.ts";
import type { Rollout } from "../../records/rollout.ts";
import { modelOf, type RunRecord } from "../../records/run.ts";
import type { SampleProvenance } from "../../records/sample.ts";
import type { Intake, Snapshot } from "../../records/snapshot.ts";
import { termsAllowTraining } from "./teacher-terms.ts";

export interface Origins {
  readonly lineage: Lineage;
  readonly snapshot: Snapshot;
  readonly rollout: Rollout;
  /** The first rollout that the sample's lineage stands on, or the sample's own. */
  readonly first: Rollout;
  readonly run: RunRecord | null;
  readonly intakes: readonly Intake[];
  /** What the run's settings say; null: nothing. */
  readonly termsAllowTraining: boolean | null;
}

/** Where a sample of a run of ours comes from, for its row. */
export function provenanceOf({ lineage, snapshot, rollout, first, run, intakes, ...said }: Origins): SampleProvenance {
  const { path, qualifiedName, language } = lineage.site;
  const teacher = modelOf(run);
  const intake = intakes.find(({ snapshots }) => snapshots.includes(snapshot.id));
  return {
    origin: "apprentice",
    rollout: rollout.key,
    repository: snapshot.repository,
    commit: snapshot.sourceCommit,
    path,
    qualifiedName,
    language,
    licence: intake?.licence ?? null,
    hint: first.problem,
    teacher,
    sampling: samplingOf(run),
    termsAllowTraining: said.termsAllowTraining ?? termsAllowTraining(teacher),
    attempt: first.attempt,
    tool: run?.tool ?? "unknown",
  };
}

/** Members of a request that change what is sampled; others of a user's own may say who asks. */
const samplingNames = [
  "top_p",
  "top_k",
  "min_p",
  "presence_penalty",
  "frequency_penalty",
  "repetition_penalty",
  "seed",
  "reasoning_effort",
] as const;

function samplingOf(run: RunRecord | null): SampleProvenance["sampling"] {
  const { rollout, extraBody, quirks } = recordsOf(run?.identity);
  const sampling: SampleProvenance["sampling"] = {};
  // A server that takes no temperature was sent none.
  const settings = [
    ["temperature", quirks?.["temperature"] === false ? null : rollout?.["temperature"]] as const,
    ["maxOutputTokens", rollout?.["maxOutputTokens"]] as const,
  ];
  for (const [name, value] of [...settings, ...samplingNames.map((name) => [name, extraBody?.[name]] as const)]) {
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") sampling[name] = value;
  }
  return sampling;
}

function recordsOf(identity: Readonly<Record<string, unknown>> = {}) {
  return { rollout: asRecord(identity["rollout"]), extraBody: asRecord(identity["extraBody"]), quirks: asRecord(identity["quirks"]) };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null ? { ...value } : null;
}
