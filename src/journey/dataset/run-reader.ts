import { contentId } from "../../base/hash.ts";
import type { LineageOutcome } from "../../records/lineage.ts";
import type { PatchScore, Verification } from "../../records/patch-score.ts";
import type { Rollout } from "../../records/rollout.ts";
import type { RunRecord } from "../../records/run.ts";
import type { Sample, SampleScores } from "../../records/sample.ts";
import type { Intake, Snapshot } from "../../records/snapshot.ts";
import { readImported } from "../import/list-imported.ts";
import { readTranscript } from "../rollout-texts.ts";
import type { SampleSource } from "./collect-samples.ts";
import { conversation } from "./conversation.ts";
import { judgeHoldOut, type CutsByRepository } from "./hold-out-cuts.ts";
import { scoreBy } from "./judged-scores.ts";
import { provenanceOf } from "./provenance.ts";
import type { Recipe } from "./recipe.ts";
import { distinctReasons, safetyFlags } from "./safety/safety-flags.ts";

/**
 * Where a sample stands: in which of the runs, under which key of the order, and of which rollout; an imported one has no rollout. Small, so
 * that a million may be held.
 */
export interface SampleRef {
  readonly source: number;
  readonly key: string;
  readonly rollout: string | null;
}

/** Which samples are looked at at all: what is not asked for is not counted as left out. */
export interface Wanted {
  readonly kind: "t1" | "t2" | "both";
  readonly lineages: "kept" | "finished";
}

/** What of a sample its run's records say, without its texts. */
type SampleRecords = Pick<Sample, "id" | "kind" | "provenance" | "exit" | "patchSize" | "scores">;

/**
 * A sample before its texts are read, and what of its origin no row holds. `claim`: two samples of one kind with an equal one are
 * duplicates: the lineage's first patch (paper.md §1.3). `accepted`: what the self-check said; `heldOut`: whether one of these runs holds its
 * commit out; null: not known. `verification`: every way of counting that is stored; null: nothing was compared, or not by us. `texts`:
 * hashes of the transcript and the patch.
 */
export interface CollectedSample extends SampleRecords {
  readonly ref: SampleRef;
  readonly claim: string | null;
  readonly accepted: boolean | null;
  readonly heldOut: boolean | null;
  readonly verification: Verification | null;
  readonly texts: readonly string[];
  readonly sample: () => Promise<Sample>;
  /** The rollout's own patch; null where it is not known. */
  readonly patch: () => Promise<Uint8Array | null>;
}

type Finished = Extract<LineageOutcome, { state: "kept" | "rejected" }>;

/** Reads the samples of one run by reference. Records that others name and that are missing are a bug or damage: it throws. */
export class RunReader {
  readonly #source: SampleSource;
  readonly #index: number;
  readonly #run: RunRecord | null;
  readonly intakes: readonly Intake[];
  readonly #snapshots = new Map<string, Snapshot>();
  #cuts: CutsByRepository = new Map();

  private constructor(source: SampleSource, index: number, parts: { readonly run: RunRecord | null; readonly intakes: readonly Intake[] }) {
    this.#source = source;
    this.#index = index;
    this.#run = parts.run;
    this.intakes = parts.intakes;
  }

  static async open(source: SampleSource, index: number): Promise<RunReader> {
    const intakes = (await Array.fromAsync(source.ledger.list("intake"))).map(({ record }) => record);
    for await (const { record } of source.ledger.list("run")) return new RunReader(source, index, { run: record, intakes });
    return new RunReader(source, index, { run: null, intakes });
  }

  /** What all runs hold out, by which this one's commits are judged. */
  judgeBy(cuts: CutsByRepository): void {
    this.#cuts = cuts;
  }

  /** In order of key, T1 before T2. */
  async *refs({ kind, lineages }: Wanted): AsyncGenerator<SampleRef> {
    for await (const { record } of this.#source.ledger.list("outcome")) {
      if (record.state === "failed" || (record.state === "rejected" && lineages === "kept")) continue;
      const { lineage: key, firstRollouts, secondRollout } = record;
      const firsts = kind === "t2" ? [] : lineages === "kept" ? firstRollouts.slice(-1) : firstRollouts;
      const seconds = kind === "t1" || secondRollout === null ? [] : [secondRollout];
      for (const rollout of [...firsts, ...seconds]) yield { source: this.#index, key, rollout };
    }
    // Of other programs' samples some are of neither kind: whoever asked for one counts them.
    for await (const { key, record } of this.#source.ledger.list("imported")) {
      const its = record.sample.kind;
      if (kind === "both" || its === null || its === kind) yield { source: this.#index, key, rollout: null };
    }
  }

  async read(ref: SampleRef): Promise<CollectedSample> {
    const { ledger, artifacts } = this.#source;
    if (ref.rollout === null) {
      const { records, firstPatch: claim, ...imported } = await readImported(this.#source, ref.key);
      return { ...records, ...imported, ref, claim, accepted: null, heldOut: null };
    }
    const outcome = await mustGet(ledger.get("outcome", ref.key));
    if (outcome.state === "failed") throw new Error("a sample of a lineage that failed");
    const rollout = await mustGet(ledger.get("rollout", ref.rollout));
    const lineage = await mustGet(ledger.get("lineage", outcome.lineage));
    const snapshot = await this.#snapshot(lineage.snapshot);
    const position = rollout.kind === "t1" ? outcome.firstRollouts.indexOf(rollout.key) : outcome.firstRollouts.length - 1;
    const first = await mustGet(ledger.get("rollout", outcome.firstRollouts[position] ?? ""));
    const check = await ledger.get("self-check", outcome.selfChecks[position] ?? "");
    const verification = await this.#verification(outcome, rollout);
    const said = { run: this.#run, termsAllowTraining: this.#source.termsAllowTraining ?? null, intakes: this.intakes };
    const records: SampleRecords = {
      id: contentId(["sample", rollout.key]),
      kind: rollout.kind,
      provenance: provenanceOf({ lineage, snapshot, rollout, first, ...said }),
      exit: rollout.exit,
      patchSize: rollout.patchSize,
      scores: verification === null ? null : scoresOf(verification.score),
    };
    return {
      ...records,
      ref,
      verification,
      claim: first.patch,
      accepted: check?.accepted ?? null,
      heldOut: judgeHoldOut(snapshot, this.intakes, this.#cuts),
      texts: [rollout.transcript, rollout.patch],
      sample: async () => await this.#sample(records, lineage.key, rollout.transcript),
      patch: async () => await mustGet(artifacts.get(rollout.patch)),
    };
  }

  async #sample(records: SampleRecords, lineage: string, text: string): Promise<Sample> {
    const { id, kind, provenance, exit, patchSize, scores } = records;
    const transcript = await readTranscript(this.#source.artifacts, text);
    const { toolset, tools } = transcript;
    const { messages, failedSteps } = conversation(transcript);
    const flags = distinctReasons(safetyFlags(transcript));
    return { version: 3, id, lineage, kind, provenance, exit, patchSize, scores, toolset, tools, flags, failedSteps, messages };
  }

  /** The scores of a sample by another way of counting; null where nothing was compared. */
  async scoresBy(counting: Recipe["recallBy"], { verification, scores }: CollectedSample): Promise<SampleScores | null> {
    if (counting === "lines" || verification === null) return scores;
    const score = await scoreBy(counting, verification, this.#source.artifacts);
    return score === null ? null : scoresOf(score);
  }

  /** Of the two patches of a kept lineage: of its last first rollout and its second. */
  async #verification(outcome: Finished, rollout: Rollout): Promise<Verification | null> {
    const compared = outcome.state === "kept" && (rollout.kind === "t2" || rollout.key === outcome.firstRollouts.at(-1));
    return compared ? await mustGet(this.#source.ledger.get("verification", outcome.score)) : null;
  }

  async #snapshot(id: string): Promise<Snapshot> {
    const known = this.#snapshots.get(id) ?? (await mustGet(this.#source.ledger.get("snapshot", id)));
    this.#snapshots.set(id, known);
    return known;
  }
}

/** What was scored before there was a size ratio still has the counts it is made of. */
function scoresOf({ recall, precision, f1, sizeRatio, firstLines, secondLines }: PatchScore): SampleScores {
  return { recall, precision, f1, sizeRatio: sizeRatio === undefined ? (firstLines === 0 ? null : secondLines / firstLines) : sizeRatio };
}

async function mustGet<Value>(found: Promise<Value | null>): Promise<Value> {
  const value = await found;
  if (value === null) throw new Error("a record or artifact that another one names is missing: run `apprentice verify`");
  return value;
}
