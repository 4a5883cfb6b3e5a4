import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "../records/failure.ts";
import type { Followed } from "../records/followed.ts";
import type { LineageOutcome } from "../records/lineage.ts";
import type { Queries } from "./fleet-database.ts";
import { heartbeatSeconds, type LineageJob, type LineageQueue } from "./lineage-queue.ts";
import type { Membership } from "./membership.ts";

/** Room for lineages in this process, which may work on several runs. */
export interface Slots {
  readonly free: number;
  take(count: number): void;
  giveBack(): void;
}

export function createSlots(count: number): Slots {
  let free = count;
  return {
    get free() {
      return free;
    },
    take: (taken) => void (free -= taken),
    giveBack: () => void free++,
  };
}

export interface WorkOrder {
  readonly run: string;
  readonly queue: LineageQueue;
  readonly membership: Membership;
  readonly slots: Slots;
  /** The handler: it writes all but the outcome under the lease that the job carries. */
  readonly follow: (job: LineageJob, signal: AbortSignal) => Promise<Followed>;
  /** Stores an outcome under the job's lease, as part of a transaction. */
  readonly store: (
    queries: Queries,
    stored: { readonly job: LineageJob; readonly key: string; readonly outcome: LineageOutcome },
  ) => Promise<void>;
  readonly transaction: <Value>(action: (queries: Queries) => Promise<Value>) => Promise<Value>;
  /** Aborted: no lineage is taken any more, those under way are finished. */
  readonly drain: AbortSignal;
  readonly onEnd: (lineage: string, outcome: LineageOutcome) => void;
}

const syncMs = 1_000;
const restMs = 100;
const touchMs = (heartbeatSeconds * 1_000) / 4;

/**
 * Takes lineages of one run until it is closed, stopped or drained, and sees those under way to their end. Null: there were none to take
 * any more; else why this process takes none. An error of the database is thrown, and what was under way left to whoever comes next.
 */
export async function workOnRun(order: WorkOrder, signal: AbortSignal): Promise<Failure | null> {
  return await new RunWork(order, signal).untilOver();
}

class RunWork {
  readonly #order: WorkOrder;
  readonly #signal: AbortSignal;
  readonly #underWay = new Map<LineageJob, AbortController>();
  readonly #working = new Set<Promise<void>>();
  #stopped: Failure | null = null;
  #broken: { readonly error: unknown } | null = null;

  constructor(order: WorkOrder, signal: AbortSignal) {
    this.#order = order;
    this.#signal = signal;
  }

  async untilOver(): Promise<Failure | null> {
    const { membership, slots } = this.#order;
    const ended = new AbortController();
    const kept = this.#upkeep(ended.signal).catch((error: unknown) => this.#breakDown(error));
    while (!this.#isOver()) {
      const jobs = await takeInto(this.#order).catch((error: unknown) => this.#breakDown(error));
      if (jobs === undefined) break;
      for (const job of jobs) {
        const done = this.#work(job).finally(() => this.#working.delete(done));
        this.#working.add(done);
      }
      // Lineages may come back from others, and slots from other runs.
      const isFull = slots.free === 0;
      if (isFull) await Promise.race([...this.#working, sleep(syncMs)]);
      else if (jobs.length === 0) await this.#rest();
    }
    while (this.#working.size > 0) await Promise.all(this.#working);
    ended.abort();
    await kept;
    if (this.#broken !== null) throw this.#broken.error;
    return this.#stopped ?? membership.state.stopped;
  }

  #isOver(): boolean {
    const { membership, drain } = this.#order;
    const { isOpen, stopped } = membership.state;
    return !isOpen || stopped !== null || this.#stopped !== null || this.#broken !== null || drain.aborted || this.#signal.aborted;
  }

  /** Until there may be lineages again, or this is over. */
  async #rest(): Promise<void> {
    for (let rested = 0; rested < syncMs && !this.#isOver(); rested += restMs) await sleep(restMs);
  }

  #breakDown(error: unknown): void {
    this.#broken ??= { error };
    for (const own of this.#underWay.values()) own.abort();
  }

  /** Follows one lineage, and ends its job in the transaction that stores its outcome. */
  async #work(job: LineageJob): Promise<void> {
    const { run, queue, slots, follow, store, transaction, onEnd } = this.#order;
    const own = new AbortController();
    this.#underWay.set(job, own);
    try {
      const followed = await follow(job, AbortSignal.any([this.#signal, own.signal]));
      // Another worker has it.
      if (own.signal.aborted) return;
      if (followed.end === "stopped" && followed.failure.code !== "lease-lost") this.#stopped ??= followed.failure;
      if (followed.end === "stopped" || followed.end === "interrupted") return await queue.giveBack(run, job);
      await transaction(async (queries) => {
        if (followed.end === "outcome") await store(queries, { job, key: followed.key, outcome: followed.outcome });
        await queue.complete(run, job, queries);
      });
      if (followed.end === "outcome") onEnd(job.lineage, followed.outcome);
    } catch (error) {
      if (!isLeaseLost(error)) this.#breakDown(error);
    } finally {
      this.#underWay.delete(job);
      slots.giveBack();
    }
  }

  /** Says that this process lives, hears how the run does, and gives up what others have taken. */
  async #upkeep(ended: AbortSignal): Promise<void> {
    const { run, queue, membership } = this.#order;
    let touchedMs = performance.now();
    while (!ended.aborted) {
      await membership.sync();
      if (performance.now() - touchedMs > touchMs && this.#underWay.size > 0) {
        touchedMs = performance.now();
        for (const lost of await queue.touch(run, [...this.#underWay.keys()])) this.#underWay.get(lost)?.abort();
      }
      await sleep(syncMs, undefined, { signal: ended }).catch(() => undefined);
    }
  }
}

/** As many lineages as there is room for, which is then taken. */
async function takeInto({ run, queue, slots }: WorkOrder): Promise<LineageJob[]> {
  const most = slots.free;
  if (most === 0) return [];
  slots.take(most);
  let taken = 0;
  try {
    const jobs = await queue.take(run, most);
    taken = jobs.length;
    return jobs;
  } finally {
    for (let unused = taken; unused < most; unused++) slots.giveBack();
  }
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof Error && "failure" in error && (error.failure as Failure).code === "lease-lost";
}
