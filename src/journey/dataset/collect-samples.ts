import { contentId } from "../../base/hash.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Lineage, LineageOutcome } from "../../records/lineage.ts";
import type { Message } from "../../records/message.ts";
import type { Rollout, Transcript } from "../../records/rollout.ts";
import type { PatchScore } from "../../records/patch-score.ts";
import { modelOf, type RunRecord } from "../../records/run.ts";
import type { SafetyReason } from "../../records/safety-flag.ts";
import type { Sample, SampleProvenance } from "../../records/sample.ts";
import type { Snapshot } from "../../records/snapshot.ts";
import { readTranscript } from "../rollout-texts.ts";
import { distinctReasons, safetyFlags } from "./safety/safety-flags.ts";

/**
 * What is taken into a dataset. `threshold`: least recall of a T2 sample; T1 samples do not depend on it (paper.md §3.4). `flagged`: what
 * becomes of samples with safety flags.
 */
export interface Selection {
  readonly kind: "t1" | "t2" | "both";
  readonly threshold: number;
  readonly flagged: "drop" | "keep";
}

export interface SampleSource {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
}

/** Counts what was left out, by reason, and the samples that have safety flags, left out or not, by the gravest. */
export class DropCounter {
  readonly counts: Record<string, number> = {};
  readonly flagged: Partial<Record<SafetyReason, number>> = {};

  add(reason: string): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + 1;
  }

  flag(reason: SafetyReason): void {
    this.flagged[reason] = (this.flagged[reason] ?? 0) + 1;
  }
}

type Kept = Extract<LineageOutcome, { state: "kept" }>;

/**
 * Kept lineages in; canonical samples out, in order of lineage key, first T1 then T2, a later lineage with an equal first patch
 * left out (paper.md §1.3), and those with safety flags unless they are to be kept. A pure function of the ledger: equal ledgers
 * give equal samples.
 */
export async function* collectSamples(source: SampleSource, selection: Selection, dropped: DropCounter): AsyncGenerator<Sample> {
  const run = await firstOf(source.ledger.list("run"));
  const seenPatches = new Set<string>();
  for await (const { record } of source.ledger.list("outcome")) {
    if (record.state !== "kept") continue;
    const first = await mustGet(source.ledger.get("rollout", record.firstRollouts.at(-1) ?? ""));
    if (seenPatches.has(first.patch)) {
      dropped.add("duplicate-patch");
      continue;
    }
    seenPatches.add(first.patch);
    yield* samplesOfLineage({ source, selection, dropped, record, first, run });
  }
}

interface LineageParts {
  readonly source: SampleSource;
  readonly selection: Selection;
  readonly dropped: DropCounter;
  readonly record: Kept;
  readonly first: Rollout;
  readonly run: RunRecord | null;
}

async function* samplesOfLineage(parts: LineageParts): AsyncGenerator<Sample> {
  for await (const sample of chosenOfLineage(parts)) {
    const [gravest] = sample.flags;
    if (gravest !== undefined) parts.dropped.flag(gravest);
    if (gravest !== undefined && parts.selection.flagged === "drop") parts.dropped.add(`flagged:${gravest}`);
    else yield sample;
  }
}

async function* chosenOfLineage({ source, selection, dropped, record, first, run }: LineageParts): AsyncGenerator<Sample> {
  const verification = await mustGet(source.ledger.get("verification", record.score));
  const { score } = verification;
  const { recall } = score;
  if (selection.kind !== "t2") yield await sampleOf({ source, record, rollout: first, score, first, run });
  if (selection.kind === "t1") return;
  if (recall === null && selection.threshold > 0) return dropped.add("recall-undefined");
  if ((recall ?? 0) < selection.threshold) return dropped.add("below-threshold");
  const second = await mustGet(source.ledger.get("rollout", record.secondRollout));
  yield await sampleOf({ source, record, rollout: second, score, first, run });
}

interface SampleParts {
  readonly source: SampleSource;
  readonly record: Kept;
  readonly rollout: Rollout;
  readonly score: PatchScore;
  readonly first: Rollout;
  readonly run: RunRecord | null;
}

async function sampleOf({ source, record, rollout, score, first, run }: SampleParts): Promise<Sample> {
  const lineage = await mustGet(source.ledger.get("lineage", record.lineage));
  const snapshot = await mustGet(source.ledger.get("snapshot", lineage.snapshot));
  const transcript = await readTranscript(source.artifacts, rollout.transcript);
  const { recall, precision, f1, sizeRatio = null } = score;
  return {
    version: 3,
    id: contentId(["sample", rollout.key]),
    lineage: lineage.key,
    kind: rollout.kind,
    provenance: provenanceOf({ lineage, snapshot, rollout, first, run }),
    exit: rollout.exit,
    patchSize: rollout.patchSize,
    scores: { recall, precision, f1, sizeRatio },
    toolset: transcript.toolset,
    tools: transcript.tools,
    flags: distinctReasons(safetyFlags(transcript)),
    failedSteps: [],
    messages: conversation(transcript),
  };
}

interface Origins {
  readonly lineage: Lineage;
  readonly snapshot: Snapshot;
  readonly rollout: Rollout;
  readonly first: Rollout;
  readonly run: RunRecord | null;
}

function provenanceOf({ lineage, snapshot, rollout, first, run }: Origins): SampleProvenance {
  const { path, qualifiedName, language } = lineage.site;
  return {
    origin: "apprentice",
    rollout: rollout.key,
    repository: snapshot.repository,
    commit: snapshot.sourceCommit,
    path,
    qualifiedName,
    language,
    licence: null,
    hint: first.problem,
    teacher: modelOf(run),
    sampling: {},
    termsAllowTraining: null,
    attempt: rollout.attempt,
    tool: run?.tool ?? "unknown",
  };
}

/** The history the model worked on: requeries were shown to it once and are no part of it (reference.md §c.4). */
function conversation(transcript: Transcript): Message[] {
  const messages: Message[] = [
    { role: "system", content: transcript.system },
    { role: "user", content: transcript.user },
  ];
  for (const step of transcript.steps) {
    if (step.kind === "requery") continue;
    // What only its server can read is no part of the data.
    const { signedReasoning: _, ...reply } = step.reply;
    messages.push(reply);
    if (step.kind === "submission") continue;
    messages.push({ role: "tool", content: step.observation, toolCallId: step.reply.toolCalls[0]?.id ?? "" });
  }
  return messages;
}

async function firstOf<Item>(items: AsyncIterable<{ readonly record: Item }>): Promise<Item | null> {
  for await (const { record } of items) return record;
  return null;
}

async function mustGet<Value>(found: Promise<Value | null>): Promise<Value> {
  const value = await found;
  if (value === null) throw new Error("a record or artifact that another one names is missing: run `apprentice verify`");
  return value;
}
