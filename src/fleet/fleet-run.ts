import type { Failure } from "../records/failure.ts";
import type { FleetDatabase } from "./fleet-database.ts";

/** Whether a run of the fleet takes workers, and why it was stopped before its end. `limitUsd`: its budget, null without one. */
export interface FleetRunState {
  readonly isOpen: boolean;
  readonly stopped: Failure | null;
  readonly limitUsd: number | null;
}

interface Row {
  readonly is_open: boolean;
  readonly stopped: string | null;
  readonly limit_usd: number | null;
}

/** `limitUsd`, `baseUsd`: the budget, and what was spent before by whoever is no member now; `except`: the member that opens it. */
export interface Opening {
  readonly order: unknown;
  readonly limitUsd: number | null;
  readonly baseUsd: number;
  readonly except: string;
}

/** Runs that workers may join. `order` is what a worker needs to know of one: JSON, without a secret. */
export class FleetRuns {
  readonly #database: FleetDatabase;

  constructor(database: FleetDatabase) {
    this.#database = database;
  }

  /** Opens a run to workers, for the first time or again. */
  async open(run: string, { order, limitUsd, baseUsd, except }: Opening): Promise<void> {
    await this.#database.transaction(async (queries) => {
      const alive = await queries.rows(
        "SELECT FROM apprentice.member WHERE run = $1 AND id <> $2 AND seen_at > now() - $3 * interval '1 second'",
        [run, except, deadAfterSeconds],
      );
      // What living members have spent stands with them, so what was before them stays as it is.
      if (alive.length === 0) await queries.rows("DELETE FROM apprentice.member WHERE run = $1 AND id <> $2", [run, except]);
      await queries.rows(
        `INSERT INTO apprentice.fleet_run (run, body, is_open, stopped, limit_usd, base_usd) VALUES ($1, $2, true, NULL, $3, $4)
         ON CONFLICT (run) DO UPDATE SET body = excluded.body, is_open = true, stopped = NULL, limit_usd = excluded.limit_usd,
           base_usd = CASE WHEN $5 THEN fleet_run.base_usd ELSE excluded.base_usd END`,
        [run, JSON.stringify(order), limitUsd, baseUsd, alive.length > 0],
      );
    });
  }

  async order(run: string): Promise<unknown> {
    const [row] = await this.#database.rows<{ body: string }>("SELECT body FROM apprentice.fleet_run WHERE run = $1", [run]);
    return row === undefined ? null : JSON.parse(row.body);
  }

  /** The ids of runs that take workers. */
  async openRuns(): Promise<string[]> {
    const rows = await this.#database.rows<{ run: string }>(
      "SELECT run FROM apprentice.fleet_run WHERE is_open AND stopped IS NULL ORDER BY run",
    );
    return rows.map(({ run }) => run);
  }

  async state(run: string): Promise<FleetRunState> {
    const [row] = await this.#database.rows<{ is_open: boolean; stopped: string | null; limit_usd: number | null }>(
      "SELECT is_open, stopped, limit_usd FROM apprentice.fleet_run WHERE run = $1",
      [run],
    );
    return stateOf(row);
  }

  /** No more lineages are taken, by anybody; the first cause stays. */
  async stop(run: string, failure: Failure): Promise<void> {
    await this.#database.rows("UPDATE apprentice.fleet_run SET stopped = $2 WHERE run = $1 AND stopped IS NULL", [
      run,
      JSON.stringify(failure),
    ]);
  }

  async close(run: string): Promise<void> {
    await this.#database.rows("UPDATE apprentice.fleet_run SET is_open = false WHERE run = $1", [run]);
  }
}

/** A member that was not seen for so long is taken for dead: what it had reserved counts as spent. */
export const deadAfterSeconds = 30;

export function stateOf(row: Row | undefined): FleetRunState {
  if (row === undefined) return { isOpen: false, stopped: null, limitUsd: null };
  const stopped = row.stopped === null ? null : (JSON.parse(row.stopped) as Failure);
  return { isOpen: row.is_open, stopped, limitUsd: row.limit_usd };
}
