import { pause } from "../base/deadline.ts";
import { failure, type Failure } from "../records/failure.ts";
import type { FleetRuns } from "./fleet-run.ts";
import type { QueueStanding } from "./lineage-queue.ts";
import type { Member } from "./membership.ts";
import { workOnRun, type WorkOrder } from "./work-on-run.ts";

export interface CoordinateOrder extends WorkOrder {
  readonly runs: FleetRuns;
  /** A lineage was given up, because all who worked on it died. */
  readonly onLost: (lineage: string) => Promise<void>;
  /** About once a second: who works on the run, and how much is left. */
  readonly onLook: (members: readonly Member[], standing: QueueStanding) => Promise<void>;
}

const lookMs = 1_000;
/** When all that is left is being worked on. */
const lookAtEndMs = 200;

/**
 * Works on a run whose queue is filled and waits for everybody else, until every lineage has an outcome or something stopped it, which is
 * given back. When it is drained nobody takes lineages any more, and those under way anywhere are waited for; `signal` ends the waiting.
 */
export async function coordinate(order: CoordinateOrder, signal: AbortSignal): Promise<Failure | null> {
  const { run, queue, runs, membership, drain } = order;
  const own: { hasEnded: boolean; cause: Failure | null } = { hasEnded: false, cause: null };
  const working = workOnRun(order, signal)
    .then((cause) => (own.cause = cause))
    .finally(() => (own.hasEnded = true));
  // It is awaited below; an error must not be taken for one that nobody awaits meanwhile.
  working.catch(() => undefined);
  for (;;) {
    const isLeft = drain.aborted || signal.aborted;
    if (isLeft) await runs.stop(run, interrupted());
    else if (own.cause !== null) await runs.stop(run, own.cause);
    for (const lineage of await queue.takeLost(run)) await order.onLost(lineage);
    const standing = await queue.standing(run);
    await order.onLook(await membership.members(), standing);
    const isStopped = isLeft || own.cause !== null || membership.state.stopped !== null;
    if (standing.active === 0 && (isStopped || standing.waiting === 0)) break;
    if (signal.aborted || (own.hasEnded && !isStopped)) break;
    await Promise.race([
      pause(standing.waiting === 0 ? lookAtEndMs : lookMs, signal),
      ...(own.hasEnded ? [] : [working.catch(() => undefined)]),
    ]);
  }
  await runs.close(run);
  await membership.sync();
  const cause = await working;
  return cause?.code === interrupted().code && (drain.aborted || signal.aborted) ? null : cause;
}

function interrupted(): Failure {
  return failure({ boundary: "storage", code: "interrupted", message: "The run was interrupted where it was begun.", wholeRun: true });
}
