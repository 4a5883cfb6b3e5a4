import { spendingOf } from "../../ledger/spending.ts";
import type { LedgerRecords, RecordKind } from "../../ledger/ledger.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import { firstRollout } from "../first-rollout/first-rollout.ts";
import { pullRequest } from "../pull-request/pull-request.ts";
import { secondRollout } from "../second-rollout/second-rollout.ts";
import { selfCheck } from "../self-check/self-check.ts";
import { softVerification } from "../soft-verification/soft-verification.ts";
import type { JournalEntry } from "../../records/journal-entry.ts";
import type { Lineage, LineageOutcome } from "../../records/lineage.ts";
import type { Verification } from "../../records/patch-score.ts";
import type { PullRequest } from "../../records/pull-request.ts";
import type { Rollout } from "../../records/rollout.ts";
import type { SelfCheck } from "../../records/self-check.ts";
import type { Snapshot } from "../../records/snapshot.ts";
import type { Spending } from "../../records/usage.ts";

export interface Attempt {
  readonly firstRollout: Rollout;
  /** null: not made yet. */
  readonly selfCheck: SelfCheck | null;
}

/**
 * Everything a run holds of one lineage, finished or not. `outcome`: null while it has none; `failures`: earlier tries, in order.
 * `begun`: the stage that has begun and not ended, and how many replies of it are recorded. `spending` is of all its calls.
 */
export interface LineageStory {
  readonly lineage: Lineage;
  readonly snapshot: Snapshot | null;
  readonly attempts: readonly Attempt[];
  readonly pullRequest: PullRequest | null;
  readonly secondRollout: Rollout | null;
  readonly verification: Verification | null;
  readonly outcome: LineageOutcome | null;
  readonly failures: readonly Extract<LineageOutcome, { state: "failed" }>[];
  readonly begun: { readonly stage: string; readonly replies: number } | null;
  readonly spending: Spending;
}

/** Follows a lineage as the journey did, by the keys that its outcome names or its stages give, as far as there are records. */
export async function readLineageStory(run: RunStore, lineage: Lineage): Promise<LineageStory> {
  const { outcome, failures } = await readOutcomes(run, lineage.key);
  const trail = new Trail(run);
  const stages = await readStages(trail, lineage, outcome?.state === "failed" ? null : outcome);
  const spending = await spendingOf(trail.entries);
  return {
    lineage,
    snapshot: await run.ledger.get("snapshot", lineage.snapshot),
    ...stages,
    outcome,
    failures,
    begun: trail.begun,
    spending,
  };
}

type Stages = Pick<LineageStory, "attempts" | "pullRequest" | "secondRollout" | "verification">;

async function readStages(trail: Trail, lineage: Lineage, ended: Exclude<LineageOutcome, { state: "failed" }> | null): Promise<Stages> {
  const attempts: Attempt[] = [];
  let stages: Stages = { attempts, pullRequest: null, secondRollout: null, verification: null };
  for (;;) {
    const place = attempts.length;
    const first = await trail.get(firstRollout, ended?.firstRollouts[place] ?? firstRollout.keyOf({ lineage, attempt: place + 1 }));
    if (first === null) return stages;
    const check = await trail.get(selfCheck, ended?.selfChecks[place] ?? selfCheck.keyOf({ rollout: first }));
    attempts.push({ firstRollout: first, selfCheck: check });
    if (check === null) return stages;
    if (!check.accepted) continue;
    const request = await trail.get(pullRequest, ended?.pullRequest ?? pullRequest.keyOf({ lineage, rollout: first }));
    stages = { ...stages, pullRequest: request };
    if (request === null || request.text === null) return stages;
    const asked = { lineage, pullRequest: request.key, text: request.text };
    const second = await trail.get(secondRollout, ended?.secondRollout ?? secondRollout.keyOf(asked));
    if (second === null) return stages;
    const scoreKey = ended?.state === "kept" ? ended.score : softVerification.keyOf({ lineage, first, second });
    return { ...stages, secondRollout: second, verification: await trail.get(softVerification, scoreKey) };
  }
}

/** Reads records in the order of the journey and remembers what the journal holds of each. */
class Trail {
  readonly entries: JournalEntry[] = [];
  begun: LineageStory["begun"] = null;
  readonly #run: RunStore;

  constructor(run: RunStore) {
    this.#run = run;
  }

  async get<Kind extends RecordKind>(
    stage: { readonly name: string; readonly kind: Kind },
    key: string,
  ): Promise<LedgerRecords[Kind] | null> {
    const [record, entries] = await Promise.all([this.#run.ledger.get(stage.kind, key), this.#run.journal.read(key)]);
    this.entries.push(...entries);
    if (record === null && entries.length > 0)
      this.begun = { stage: stage.name, replies: entries.filter(({ kind }) => kind === "reply").length };
    return record;
  }
}

async function readOutcomes(run: RunStore, lineage: string): Promise<Pick<LineageStory, "outcome" | "failures">> {
  const keys = (await run.ledger.find(lineage)).flatMap(({ kind, key }) => (kind === "outcome" ? [key] : []));
  const outcomes = (await Promise.all(keys.map((key) => run.ledger.get("outcome", key)))).filter((outcome) => outcome !== null);
  const failures = outcomes.filter((outcome) => outcome.state === "failed").toSorted((a, b) => a.tries - b.tries);
  const ended = outcomes.find((outcome) => outcome.state !== "failed");
  return ended === undefined ? { outcome: failures.pop() ?? null, failures } : { outcome: ended, failures };
}
