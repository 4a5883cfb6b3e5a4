import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Spending } from "../records/usage.ts";
import { FleetBudget } from "./fleet-budget.ts";
import type { FleetDatabase } from "./fleet-database.ts";
import { deadAfterSeconds, stateOf, type FleetRunState } from "./fleet-run.ts";

/** What a member says of itself about once a second, for those who watch. */
export interface MemberStatus {
  /** Replies within rollouts, and what the calls cost, since it joined. */
  readonly steps: number;
  readonly spending: Spending;
}

export interface Member {
  readonly id: string;
  /** Its host and process, for people. */
  readonly name: string;
  readonly isAlive: boolean;
  readonly status: MemberStatus;
}

interface Row {
  readonly is_open: boolean;
  readonly stopped: string | null;
  readonly limit_usd: number | null;
}

/** One process's part in a run: what it says of itself, what it is told, and its share of the budget. */
export class Membership implements AsyncDisposable {
  readonly id = randomUUID();
  readonly name = `${hostname()}:${process.pid}`;
  readonly budget: FleetBudget;
  readonly #database: FleetDatabase;
  readonly #run: string;
  readonly #status: () => MemberStatus;
  #state: FleetRunState;

  private constructor(database: FleetDatabase, run: string, { state, status }: { state: FleetRunState; status: () => MemberStatus }) {
    this.#database = database;
    this.#run = run;
    this.#state = state;
    this.#status = status;
    this.budget = new FleetBudget({ database, run, member: this.id, limitUsd: () => this.#state.limitUsd });
  }

  static async join(database: FleetDatabase, run: string, status: () => MemberStatus): Promise<Membership> {
    const nothing = { isOpen: true, stopped: null, limitUsd: null };
    const membership = new Membership(database, run, { state: nothing, status });
    await membership.sync();
    return membership;
  }

  /** As of the last `sync`. */
  get state(): FleetRunState {
    return this.#state;
  }

  /** Says how this process does and hears how the run does. */
  async sync(): Promise<FleetRunState> {
    const { spentUsd, reservedUsd } = this.budget.sums;
    const rows = await this.#database.rows<Row>(
      `WITH me AS (
         INSERT INTO apprentice.member (run, id, name, seen_at, spent_usd, reserved_usd, status) VALUES ($1, $2, $3, now(), $4, $5, $6)
         ON CONFLICT (run, id) DO UPDATE SET seen_at = excluded.seen_at, spent_usd = excluded.spent_usd,
           reserved_usd = excluded.reserved_usd, status = excluded.status
       )
       SELECT is_open, stopped, limit_usd FROM apprentice.fleet_run WHERE run = $1`,
      [this.#run, this.id, this.name, spentUsd, reservedUsd, JSON.stringify(this.#status())],
    );
    this.#state = stateOf(rows[0]);
    return this.#state;
  }

  /** All that have worked on the run since it was opened, this one among them. */
  async members(): Promise<Member[]> {
    const rows = await this.#database.rows<{ id: string; name: string; alive: boolean; status: string }>(
      `SELECT id, name, seen_at > now() - $2 * interval '1 second' AS alive, status FROM apprentice.member WHERE run = $1 ORDER BY name, id`,
      [this.#run, deadAfterSeconds],
    );
    return rows.map(({ id, name, alive, status }) => ({ id, name, isAlive: alive, status: JSON.parse(status) as MemberStatus }));
  }

  /** Its last word, where the database hears it; what it spent stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.sync();
      await this.#database.rows("UPDATE apprentice.member SET seen_at = '-infinity' WHERE run = $1 AND id = $2", [this.#run, this.id]);
    } catch {
      // It is taken for dead a little later.
    }
  }
}
