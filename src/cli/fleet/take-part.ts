import { randomUUID } from "node:crypto";
import { EndpointShares } from "../../fleet/endpoint-shares.ts";
import { FleetRuns } from "../../fleet/fleet-run.ts";
import { LineageQueue, type LineageJob } from "../../fleet/lineage-queue.ts";
import type { Membership } from "../../fleet/membership.ts";
import type { Slots, WorkOrder } from "../../fleet/work-on-run.ts";
import { followToOutcome } from "../../journey/follow-lineages.ts";
import type { JourneyContext } from "../../journey/journey-context.ts";
import type { Journal } from "../../ledger/journal.ts";
import type { Followed } from "../../records/followed.ts";
import type { Lineage, LineageOutcome } from "../../records/lineage.ts";
import type { Lease, PostgresRun } from "../compose.ts";

/** What every process of a fleet has, whatever run it works on. */
export interface FleetPart extends AsyncDisposable {
  readonly runs: FleetRuns;
  readonly queue: LineageQueue;
}

/** `onTrouble`: of upkeep in the background, which is tried again. */
export async function openFleetPart(database: PostgresRun["database"], onTrouble: (error: unknown) => void): Promise<FleetPart> {
  const queue = await LineageQueue.open(database, onTrouble);
  return { runs: new FleetRuns(database), queue, [Symbol.asyncDispose]: async () => await queue[Symbol.asyncDispose]() };
}

/** How this process shares the endpoints of a run's teacher with all others. */
export function openShares(run: PostgresRun, mostCalls: number | null, onTrouble: (error: unknown) => void): EndpointShares {
  return new EndpointShares({ database: run.database, member: randomUUID(), mostCalls, onTrouble });
}

export interface PartOrder {
  readonly run: PostgresRun;
  readonly queue: LineageQueue;
  readonly membership: Membership;
  readonly context: JourneyContext;
  readonly slots: Slots;
  readonly retryFailed: boolean;
  readonly drain: AbortSignal;
  /** A journal under a lease, counted. */
  readonly counted: (journal: Journal) => Journal;
  readonly onBegin: (lineage: Lineage) => void;
  readonly onEnd: (lineage: string, outcome: LineageOutcome) => void;
}

/** The work of one process on one run: every lineage is followed with stores that its lease guards. */
export function workOf({ run, context, retryFailed, counted, onBegin, ...order }: PartOrder): WorkOrder {
  const leaseOf = ({ lineage, token }: LineageJob): Lease => ({ subject: lineage, token });
  return {
    ...order,
    run: run.id,
    follow: async (job, signal): Promise<Followed> => {
      const lineage = await run.ledger.get("lineage", job.lineage);
      if (lineage === null) throw new Error(`no lineage ${job.lineage} in the ledger`);
      const { ledger, journal } = run.under(leaseOf(job));
      const own = { ...context, ledger, journal: counted(journal) };
      return await followToOutcome(lineage, { context: own, attempts: context.rollout.attempts, retryFailed, onBegin }, signal);
    },
    store: async (queries, { job, key, outcome }) =>
      await run.putWithin(queries, { kind: "outcome", key, record: outcome, lease: leaseOf(job) }),
    transaction: async (action) => await run.database.transaction(action),
  };
}
