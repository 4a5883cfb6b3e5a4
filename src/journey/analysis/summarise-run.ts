import type { Journal } from "../../ledger/journal.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { spendingOf } from "../../ledger/spending.ts";
import type { LineageOutcome } from "../../records/lineage.ts";
import type { Rollout } from "../../records/rollout.ts";
import { modelOf } from "../../records/run.ts";
import type { Spending } from "../../records/usage.ts";

/** A stage, how many pieces of work came to it, and how many of them a lineage could go on from. */
export interface StageYield {
  readonly stage: string;
  readonly done: number;
  readonly passed: number;
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
  readonly spending: Spending;
  /** Calls that brought no reply, by code. */
  readonly callFailures: Readonly<Record<string, number>>;
  /** Lineages by recall, in tenths: [0, 0.1), … [0.9, 1), and exactly 1; kept lineages only. */
  readonly recallTenths: readonly number[];
  readonly meanRecall: number | null;
  readonly teacher: string;
  readonly repositories: readonly {
    readonly name: string;
    readonly heldOut: number;
    readonly totalCommits: number;
    readonly rule: string;
  }[];
}

export async function summariseRun({ ledger, journal }: { readonly ledger: Ledger; readonly journal: Journal }): Promise<RunSummary> {
  const outcomes = await latestOutcomes(ledger);
  const total = await ledger.count("lineage");
  const count = (state: LineageOutcome["state"]): number => outcomes.filter((outcome) => outcome.state === state).length;
  const rollouts = await recordsOf(ledger.list("rollout"));
  const checks = await recordsOf(ledger.list("self-check"));
  const requests = await recordsOf(ledger.list("pull-request"));
  const verifications = await recordsOf(ledger.list("verification"));
  const first = rollouts.filter((rollout) => rollout.kind === "t1");
  const second = rollouts.filter((rollout) => rollout.kind === "t2");
  const recalls = verifications.flatMap(({ score }) => score.recall ?? []);
  const [kept, rejected, failed] = [count("kept"), count("rejected"), count("failed")];
  return {
    lineages: { total, kept, rejected, failed, unfinished: total - kept - rejected - failed },
    stages: [
      { stage: "first-rollout", done: first.length, passed: first.filter(isAnswer).length },
      { stage: "self-check", done: checks.length, passed: checks.filter((check) => check.accepted).length },
      { stage: "pull-request", done: requests.length, passed: requests.filter((request) => request.text !== null).length },
      { stage: "second-rollout", done: second.length, passed: second.filter(isAnswer).length },
      { stage: "soft-verification", done: verifications.length, passed: recalls.length },
    ],
    reasons: countReasons(outcomes),
    exits: tally(rollouts.map((rollout) => rollout.exit)),
    rollouts: rollouts.length,
    steps: rollouts.reduce((sum, rollout) => sum + rollout.steps, 0),
    ...(await summariseJournal(journal)),
    recallTenths: tenths(recalls),
    meanRecall: recalls.length === 0 ? null : recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
    ...(await summariseOrigin(ledger)),
  };
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

async function summariseJournal(journal: Journal): Promise<{ spending: Spending; callFailures: Record<string, number> }> {
  const codes: string[] = [];
  async function* watched(): AsyncGenerator<Parameters<Journal["write"]>[0]> {
    for await (const entry of journal.entries()) {
      if (entry.kind === "call-failure") codes.push(entry.failure.code);
      yield entry;
    }
  }
  return { spending: await spendingOf(watched()), callFailures: tally(codes) };
}

async function summariseOrigin(ledger: Ledger): Promise<Pick<RunSummary, "teacher" | "repositories">> {
  const intakes = await recordsOf(ledger.list("intake"));
  const [run] = await recordsOf(ledger.list("run"));
  const repositories = intakes.map(({ repository, cut }) => {
    const { heldOut, totalCommits, rule } = cut;
    return { name: repository, heldOut, totalCommits, rule };
  });
  return { teacher: modelOf(run), repositories };
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
