import { join } from "node:path";
import type { Journal } from "../../ledger/journal.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { spendingOf } from "../../ledger/spending.ts";
import type { LineageOutcome } from "../../records/lineage.ts";
import type { Rollout } from "../../records/rollout.ts";
import { modelOf } from "../../records/run.ts";
import type { Spending } from "../../records/usage.ts";
import { readManifest } from "../dataset/dataset-manifest.ts";

/**
 * A stage, how many pieces of work came to it, and how many of them a lineage could go on from; `means` says in a few words what
 * these have. No stage asks for a recall: a lineage is kept with any.
 */
export interface StageYield {
  readonly stage: string;
  readonly done: number;
  readonly passed: number;
  readonly means: string;
}

/** Kept lineages by recall: exactly 0, between 0 and 0.5, from 0.5 to below 1, exactly 1, and without one (no line to find again). */
export interface RecallBands {
  readonly zero: number;
  readonly belowHalf: number;
  readonly fromHalf: number;
  readonly one: number;
  readonly undefined: number;
}

/**
 * The dataset that lies in the run's folder. `t1`, `t2`: samples of first and second rollouts; `threshold`: least recall of a T2;
 * `flags`: samples with safety flags by the gravest, left out or kept as `flagged` says; null: an earlier version did not look for them.
 */
export interface DatasetCounts {
  readonly t1: number;
  readonly t2: number;
  readonly kind: "t1" | "t2" | "both";
  readonly threshold: number;
  readonly flagged: "drop" | "keep";
  readonly flags: Readonly<Record<string, number>> | null;
  /** What was left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * Everything the terminal, the report page and `--json` say of a run, from one place so that they agree. Spending is summed over the
 * journal, so it holds work that failed or was superseded too. `unfinished`: lineages with no outcome yet.
 */
export interface RunSummary {
  readonly lineages: {
    readonly total: number;
    readonly kept: number;
    readonly rejected: number;
    readonly failed: number;
    readonly unfinished: number;
  };
  readonly stages: readonly StageYield[];
  /** Why lineages were rejected or failed, most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly exits: Readonly<Record<string, number>>;
  readonly rollouts: number;
  readonly steps: number;
  /** Samples of other programs' rollouts, by program and kind; no lineage of the run has them. */
  readonly imported: readonly { readonly origin: string; readonly kind: "t1" | "t2" | null; readonly count: number }[];
  readonly spending: Spending;
  /** Calls that brought no reply, by code. */
  readonly callFailures: Readonly<Record<string, number>>;
  /** Lineages by recall, in tenths: [0, 0.1), … [0.9, 1), and exactly 1; kept lineages only. */
  readonly recallTenths: readonly number[];
  readonly recallBands: RecallBands;
  readonly meanRecall: number | null;
  /** null: none was written yet. */
  readonly dataset: DatasetCounts | null;
  /** When the first request was made and when something was last recorded, ISO 8601 in UTC; null before the first. */
  readonly begun: string | null;
  readonly lastActive: string | null;
  /** Name and version of what began the run. */
  readonly tool: string;
  readonly seed: number | null;
  readonly teacher: string;
  readonly repositories: readonly {
    readonly name: string;
    /** Commits trained on, oldest first. */
    readonly commits: readonly string[];
    readonly heldOut: number;
    readonly totalCommits: number;
    readonly rule: string;
  }[];
}

export interface SummarySource {
  readonly ledger: Ledger;
  readonly journal: Journal;
  /** The run's folder. */
  readonly dir: string;
}

export async function summariseRun({ ledger, journal, dir }: SummarySource): Promise<RunSummary> {
  const outcomes = await latestOutcomes(ledger);
  const total = await ledger.count("lineage");
  const count = (state: LineageOutcome["state"]): number => outcomes.filter((outcome) => outcome.state === state).length;
  const rollouts = await recordsOf(ledger.list("rollout"));
  const verifications = await recordsOf(ledger.list("verification"));
  const recalls = verifications.flatMap(({ score }) => score.recall ?? []);
  const [kept, rejected, failed] = [count("kept"), count("rejected"), count("failed")];
  return {
    lineages: { total, kept, rejected, failed, unfinished: total - kept - rejected - failed },
    stages: await summariseStages(ledger, rollouts, verifications.length),
    reasons: countReasons(outcomes),
    exits: tally(rollouts.map((rollout) => rollout.exit)),
    rollouts: rollouts.length,
    steps: rollouts.reduce((sum, rollout) => sum + rollout.steps, 0),
    imported: await summariseImported(ledger),
    ...(await summariseJournal(journal)),
    recallTenths: tenths(recalls),
    recallBands: bands(verifications.map(({ score }) => score.recall)),
    meanRecall: recalls.length === 0 ? null : recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
    dataset: await datasetCounts(join(dir, "dataset")),
    ...(await summariseOrigin(ledger)),
  };
}

async function summariseStages(ledger: Ledger, rollouts: readonly Rollout[], scored: number): Promise<StageYield[]> {
  const checks = await recordsOf(ledger.list("self-check"));
  const requests = await recordsOf(ledger.list("pull-request"));
  const first = rollouts.filter((rollout) => rollout.kind === "t1");
  const second = rollouts.filter((rollout) => rollout.kind === "t2");
  const passed = { checks: checks.filter((check) => check.accepted), requests: requests.filter((request) => request.text !== null) };
  return [
    { stage: "first-rollout", done: first.length, passed: first.filter(isAnswer).length, means: "submitted a patch" },
    { stage: "self-check", done: checks.length, passed: passed.checks.length, means: "patch answers the hint" },
    { stage: "pull-request", done: requests.length, passed: passed.requests.length, means: "text was readable" },
    { stage: "second-rollout", done: second.length, passed: second.filter(isAnswer).length, means: "submitted a patch" },
    { stage: "soft-verification", done: scored, passed: scored, means: "compared, any recall" },
  ];
}

async function summariseImported(ledger: Ledger): Promise<RunSummary["imported"]> {
  const counts = new Map<string, RunSummary["imported"][number]>();
  for await (const { record } of ledger.list("imported")) {
    const { kind, provenance } = record.sample;
    const key = `${provenance.origin} ${kind}`;
    counts.set(key, { origin: provenance.origin, kind, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

async function datasetCounts(folder: string): Promise<DatasetCounts | null> {
  const manifest = await readManifest(folder);
  return manifest === null ? null : { ...manifest.kinds, ...manifest.selection, flags: manifest.flagged, dropped: manifest.dropped };
}

/** The outcome of every lineage that has one: final, or that of its last failed try. */
export async function latestOutcomes(ledger: Ledger): Promise<LineageOutcome[]> {
  const latest = new Map<string, LineageOutcome>();
  for await (const { record } of ledger.list("outcome")) {
    const known = latest.get(record.lineage);
    if (known === undefined || rank(record) > rank(known)) latest.set(record.lineage, record);
  }
  return [...latest.values()];
}

function rank(outcome: LineageOutcome): number {
  return outcome.state === "failed" ? outcome.tries : Number.POSITIVE_INFINITY;
}

function isAnswer(rollout: Rollout): boolean {
  return rollout.exit === "submitted" && rollout.patchSize.files > 0;
}

function countReasons(outcomes: readonly LineageOutcome[]): { reason: string; count: number }[] {
  const reasons = outcomes.flatMap((outcome) => {
    if (outcome.state === "kept") return [];
    if (outcome.state === "rejected") return [`rejected: ${outcome.rule} (${outcome.detail})`];
    return [`failed: ${outcome.failure.boundary}/${outcome.failure.code} in ${outcome.stage}`];
  });
  return Object.entries(tally(reasons))
    .map(([reason, count]) => ({ reason, count }))
    .toSorted((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

async function summariseJournal(journal: Journal): Promise<Pick<RunSummary, "spending" | "callFailures" | "begun" | "lastActive">> {
  const codes: string[] = [];
  let [earliest, latest] = [Infinity, -Infinity];
  async function* watched(): AsyncGenerator<Parameters<Journal["write"]>[0]> {
    for await (const entry of journal.entries()) {
      if (entry.kind === "call-failure") codes.push(entry.failure.code);
      earliest = Math.min(earliest, entry.at);
      latest = Math.max(latest, entry.at);
      yield entry;
    }
  }
  const spending = await spendingOf(watched());
  const time = (at: number): string | null => (Number.isFinite(at) ? new Date(at).toISOString() : null);
  return { spending, callFailures: tally(codes), begun: time(earliest), lastActive: time(latest) };
}

async function summariseOrigin(ledger: Ledger): Promise<Pick<RunSummary, "tool" | "seed" | "teacher" | "repositories">> {
  const intakes = await recordsOf(ledger.list("intake"));
  const snapshots = new Map((await recordsOf(ledger.list("snapshot"))).map(({ id, sourceCommit }) => [id, sourceCommit]));
  const [run] = await recordsOf(ledger.list("run"));
  const repositories = intakes.map(({ repository, cut, snapshots: ids }) => {
    const { heldOut, totalCommits, rule } = cut;
    return { name: repository, commits: ids.flatMap((id) => snapshots.get(id) ?? []), heldOut, totalCommits, rule };
  });
  const seed = run?.identity["seed"];
  return { tool: run?.tool ?? "unknown", seed: typeof seed === "number" ? seed : null, teacher: modelOf(run), repositories };
}

async function recordsOf<Value>(items: AsyncIterable<{ readonly record: Value }>): Promise<Value[]> {
  const records: Value[] = [];
  for await (const { record } of items) records.push(record);
  return records;
}

function tally(words: readonly string[]): Record<string, number> {
  const counts = Map.groupBy(words, (word) => word);
  return Object.fromEntries(
    [...counts].map(([word, all]): [string, number] => [word, all.length]).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function tenths(recalls: readonly number[]): number[] {
  const counts = Array.from({ length: 11 }, () => 0);
  for (const recall of recalls) {
    const bin = Math.floor(recall * 10);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

function bands(recalls: readonly (number | null)[]): RecallBands {
  const count = (fits: (recall: number) => boolean): number => recalls.filter((recall) => recall !== null && fits(recall)).length;
  return {
    zero: count((recall) => recall === 0),
    belowHalf: count((recall) => recall > 0 && recall < 0.5),
    fromHalf: count((recall) => recall >= 0.5 && recall < 1),
    one: count((recall) => recall === 1),
    undefined: recalls.filter((recall) => recall === null).length,
  };
}
