import type { PgBoss } from "pg-boss";
import { contentId } from "../base/hash.ts";
import { driverMissing } from "../ledger/storage-error.ts";
import type { FleetDatabase, Queries } from "./fleet-database.ts";

/** A lineage that this process may work on. `token` is newer than that of whoever had it before; `attempt` tells the queue which try it is. */
export interface LineageJob {
  readonly lineage: string;
  readonly token: string;
  readonly position: number;
  readonly id: string;
  readonly attempt: number;
}

/** Lineages of a run by what is known of them here. */
export interface QueueStanding {
  readonly waiting: number;
  readonly active: number;
}

/** Of one job; a job that is not touched for so long has lost its worker. The queue takes no shorter time than 10 s. */
export const heartbeatSeconds = 15;
const lookSeconds = 5;
/** Lineages whose worker died so often are given up: they may be what it died of. */
const mostDeaths = 50;
/** The queue's own bound; a heartbeat says sooner that a worker is gone. */
const longestSeconds = 24 * 3600 - 1;
const batchJobs = 5_000;

interface Payload {
  readonly lineage: string;
  /** In the draw: what comes first is taken first. */
  readonly position: number;
}

/**
 * Lineages that wait for a worker, in pg-boss: one queue a run. A job is taken together with the lease of its lineage and ends together
 * with what came of it, each in one transaction.
 */
export class LineageQueue implements AsyncDisposable {
  readonly #boss: PgBoss;
  readonly #database: FleetDatabase;
  readonly #known = new Set<string>();

  private constructor(boss: PgBoss, database: FleetDatabase) {
    this.#boss = boss;
    this.#database = database;
  }

  /** Makes the queue's own tables where there are none. `onTrouble`: of its upkeep, which is tried again. */
  static async open(database: FleetDatabase, onTrouble: (error: Error) => void): Promise<LineageQueue> {
    const { PgBoss } = await import("pg-boss").catch((error: unknown) => {
      throw driverMissing("pg-boss", error);
    });
    const boss = new PgBoss({
      db: executorOn(database),
      schema: "apprentice_queue",
      schedule: false,
      registerInstance: false,
      superviseIntervalSeconds: lookSeconds,
      monitorIntervalSeconds: lookSeconds,
      monitorVacuum: false,
      warningQueueSize: 10_000_000,
    });
    boss.on("error", onTrouble);
    // Two that begin on a new database at once would both make the tables.
    await database.transaction(async (queries) => {
      await queries.rows("SELECT pg_advisory_xact_lock(hashtext('apprentice queue'))");
      await boss.start();
    });
    return new LineageQueue(boss, database);
  }

  /** What waits of a run is exactly this, in order of position; what somebody works on stays. */
  async fill(run: string, lineages: readonly { readonly key: string; readonly position: number }[]): Promise<void> {
    await this.#queueOf(run);
    await this.#boss.deleteQueuedJobs(nameOf(run));
    await this.#boss.deleteStoredJobs(nameOf(run));
    await this.#boss.deleteAllJobs(lostNameOf(run));
    for (let from = 0; from < lineages.length; from += batchJobs) {
      const jobs = lineages.slice(from, from + batchJobs).map(({ key, position }) => newJob(run, { lineage: key, position }));
      await this.#boss.insert(nameOf(run), jobs);
    }
  }

  /** Takes up to so many lineages; from now on they must be touched. */
  async take(run: string, most: number): Promise<LineageJob[]> {
    await this.#queueOf(run);
    return await this.#database.transaction(async (queries) => {
      const jobs = await this.#boss.fetch<Payload>(nameOf(run), { batchSize: most, db: executorOn(queries) });
      if (jobs.length === 0) return [];
      const leases = await queries.rows<{ subject: string; token: string }>(
        `INSERT INTO apprentice.lease (run, subject, token)
         SELECT $1, subject, nextval('apprentice.lease_token') FROM unnest($2::text[]) AS subject
         ON CONFLICT (run, subject) DO UPDATE SET token = excluded.token RETURNING subject, token`,
        [run, jobs.map(({ data }) => data.lineage)],
      );
      const tokens = new Map(leases.map(({ subject, token }) => [subject, token]));
      return jobs.map(({ id, retryCount, data }) => ({ ...data, id, attempt: retryCount, token: tokens.get(data.lineage) ?? "" }));
    });
  }

  /** Says that their worker lives; those that are given back have been taken by another one. */
  async touch(run: string, jobs: readonly LineageJob[]): Promise<readonly LineageJob[]> {
    await this.#boss.touch(nameOf(run), jobs.map(attemptOf));
    const held = await this.#database.rows<{ subject: string; token: string }>(
      "SELECT subject, token FROM apprentice.lease WHERE run = $1 AND subject = ANY($2::text[])",
      [run, jobs.map(({ lineage }) => lineage)],
    );
    const tokens = new Map(held.map(({ subject, token }) => [subject, token]));
    return jobs.filter(({ lineage, token }) => tokens.get(lineage) !== token);
  }

  /** Ends a job as part of the transaction that writes what came of it. */
  async complete(run: string, job: LineageJob, queries: Queries): Promise<void> {
    await this.#boss.complete(nameOf(run), [attemptOf(job)], null, { db: executorOn(queries) });
  }

  /** For somebody else to take at once, as if nobody had taken it. What another one has by now stays with that one. */
  async giveBack(run: string, job: LineageJob): Promise<void> {
    await this.#database.transaction(async (queries) => {
      const db = executorOn(queries);
      await this.#boss.deleteJob(nameOf(run), [attemptOf(job)], { db });
      await this.#boss.insert(nameOf(run), [newJob(run, job)], { db });
    });
  }

  /** Lineages that were given up because their workers died; each is told once. */
  async takeLost(run: string): Promise<string[]> {
    await this.#queueOf(run);
    const jobs = await this.#boss.fetch<Payload>(lostNameOf(run), { batchSize: 1_000 });
    if (jobs.length > 0)
      await this.#boss.complete(
        lostNameOf(run),
        jobs.map(({ id }) => id),
      );
    return jobs.map(({ data }) => data.lineage);
  }

  async standing(run: string): Promise<QueueStanding> {
    const [row] = await this.#database.rows<{ waiting: string; active: string }>(
      `SELECT count(*) FILTER (WHERE state < 'active') AS waiting, count(*) FILTER (WHERE state = 'active') AS active
       FROM apprentice_queue.job WHERE name = ANY($1::text[]) AND state <= 'active'`,
      [[nameOf(run), lostNameOf(run)]],
    );
    return { waiting: Number(row?.waiting ?? 0), active: Number(row?.active ?? 0) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  async #queueOf(run: string): Promise<void> {
    if (this.#known.has(run)) return;
    const settings = { retryLimit: mostDeaths, retryDelay: 0, expireInSeconds: longestSeconds, deleteAfterSeconds: 3600 };
    await this.#boss.createQueue(lostNameOf(run));
    await this.#boss.createQueue(nameOf(run), { ...settings, heartbeatSeconds, deadLetter: lostNameOf(run) });
    this.#known.add(run);
  }
}

function nameOf(run: string): string {
  return `lineages-${run}`;
}

function lostNameOf(run: string): string {
  return `lost-${run}`;
}

/** The same lineage is never in the queue twice. */
function jobId(run: string, lineage: string): string {
  const hex = contentId(["job", run, lineage]);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

function newJob(run: string, { lineage, position }: Payload): { id: string; data: Payload; priority: number } {
  return { id: jobId(run, lineage), data: { lineage, position }, priority: -position };
}

function attemptOf({ id, attempt }: LineageJob): { id: string; retryCount: number } {
  return { id, retryCount: attempt };
}

interface Executor {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

function executorOn(queries: Queries): Executor {
  return { executeSql: async (text, values = []) => ({ rows: await queries.rows(text, values) }) };
}
