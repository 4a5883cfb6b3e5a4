import { pause } from "../base/deadline.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Budget, Reservation } from "../records/budget.ts";
import { budgetSpent, notSent, toleranceUsd } from "../records/budget-failures.ts";
import type { Failure } from "../records/failure.ts";
import type { FleetDatabase } from "./fleet-database.ts";
import { deadAfterSeconds } from "./fleet-run.ts";

export interface FleetBudgetOptions {
  readonly database: FleetDatabase;
  readonly run: string;
  /** This process among those that work on the run. */
  readonly member: string;
  /** The limit in US dollars as it is now; null has none. */
  readonly limitUsd: () => number | null;
}

interface Waiter {
  readonly heldUsd: number;
  readonly answer: (result: Result<Reservation, Failure>) => void;
  /** The database refused; the error is a StorageError or a bug. */
  readonly fail: (error: unknown) => void;
}

/** How long before it is asked again whether calls of other workers have made room. */
const lookAgainMs = 250;

/**
 * One budget for all workers of a run. Each has its own sums, of what it spent and reserved, in its member row; a call is let through
 * under a lock, when all rows together leave room for it. What a dead worker had reserved counts as spent.
 */
export class FleetBudget implements Budget {
  readonly #options: FleetBudgetOptions;
  readonly #waiting: Waiter[] = [];
  #spentUsd = 0;
  #reservedUsd = 0;
  #isServing = false;

  constructor(options: FleetBudgetOptions) {
    this.#options = options;
  }

  /** What this process has spent, and reserved for calls under way: as its member row is to say. */
  get sums(): { readonly spentUsd: number; readonly reservedUsd: number } {
    return { spentUsd: this.#spentUsd, reservedUsd: this.#reservedUsd };
  }

  spentUsd(): number {
    return this.#spentUsd;
  }

  async reserve(estimateUsd: number | null, signal: AbortSignal): Promise<Result<Reservation, Failure>> {
    if (signal.aborted) return err(notSent());
    const heldUsd = estimateUsd ?? 0;
    if (this.#options.limitUsd() === null) return ok(this.#hold(heldUsd));
    return await new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        signal.removeEventListener("abort", stopWaiting);
        end();
      };
      const stopWaiting = (): void => {
        const place = this.#waiting.indexOf(waiter);
        if (place >= 0) this.#waiting.splice(place, 1);
        resolve(err(notSent()));
      };
      const waiter: Waiter = {
        heldUsd,
        answer: (result) => settle(() => resolve(result)),
        fail: (error) => settle(() => reject(error)),
      };
      this.#waiting.push(waiter);
      signal.addEventListener("abort", stopWaiting, { once: true });
      void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      while (this.#waiting.length > 0) {
        if ((await this.#decide()) === 0) await pause(lookAgainMs, new AbortController().signal);
      }
    } catch (error) {
      for (const { fail } of this.#waiting.splice(0)) fail(error);
    } finally {
      this.#isServing = false;
    }
  }

  /** Answers waiters from the front until one has to wait; how many were answered. */
  async #decide(): Promise<number> {
    const { database, run, member } = this.#options;
    const asking = this.#waiting.slice(0, 1_000);
    const decided = await database.transaction(async (queries) => {
      const [purse] = await queries.rows<{ limit_usd: number | null; base_usd: number }>(
        "SELECT limit_usd, base_usd FROM apprentice.fleet_run WHERE run = $1 FOR UPDATE",
        [run],
      );
      const [others] = await queries.rows<{ spent: number; dead: number; live: number }>(
        `SELECT coalesce(sum(spent_usd), 0) AS spent,
           coalesce(sum(reserved_usd) FILTER (WHERE seen_at <= now() - $3 * interval '1 second'), 0) AS dead,
           coalesce(sum(reserved_usd) FILTER (WHERE seen_at > now() - $3 * interval '1 second'), 0) AS live
         FROM apprentice.member WHERE run = $1 AND id <> $2`,
        [run, member, deadAfterSeconds],
      );
      const limitUsd = purse?.limit_usd ?? null;
      const gone = (purse?.base_usd ?? 0) + (others?.spent ?? 0) + (others?.dead ?? 0) + this.#spentUsd;
      const answers = decide(
        asking.map(({ heldUsd }) => heldUsd),
        { limitUsd, goneUsd: gone, inFlightUsd: (others?.live ?? 0) + this.#reservedUsd },
      );
      const heldUsd = answers.reduce((sum, { heldUsd: held }) => sum + held, 0);
      await queries.rows("UPDATE apprentice.member SET spent_usd = $3, reserved_usd = $4 WHERE run = $1 AND id = $2", [
        run,
        member,
        this.#spentUsd,
        this.#reservedUsd + heldUsd,
      ]);
      return answers;
    });
    for (const [index, { heldUsd, refusal }] of decided.entries()) {
      const waiter = asking[index];
      const place = waiter === undefined ? -1 : this.#waiting.indexOf(waiter);
      // Given up meanwhile.
      if (waiter === undefined || place < 0) continue;
      this.#waiting.splice(place, 1);
      waiter.answer(refusal === null ? ok(this.#hold(heldUsd)) : err(refusal));
    }
    return decided.length;
  }

  #hold(heldUsd: number): Reservation {
    this.#reservedUsd += heldUsd;
    let open = true;
    return {
      settle: (costUsd) => {
        if (!open) throw new Error("a reservation is settled once");
        open = false;
        this.#reservedUsd -= heldUsd;
        this.#spentUsd += costUsd ?? heldUsd;
      },
    };
  }
}

interface Purse {
  readonly limitUsd: number | null;
  readonly goneUsd: number;
  readonly inFlightUsd: number;
}

/** For the first of those who ask, until one has to wait for calls in flight: held, or refused because there is no room even without them. */
function decide(
  asked: readonly number[],
  { limitUsd, goneUsd, inFlightUsd }: Purse,
): readonly { readonly heldUsd: number; readonly refusal: Failure | null }[] {
  const answers: { heldUsd: number; refusal: Failure | null }[] = [];
  let heldUsd = inFlightUsd;
  for (const each of asked) {
    if (limitUsd === null || goneUsd + heldUsd + each <= limitUsd + toleranceUsd) {
      heldUsd += each;
      answers.push({ heldUsd: each, refusal: null });
    } else if (goneUsd + each > limitUsd + toleranceUsd) {
      answers.push({ heldUsd: 0, refusal: budgetSpent(limitUsd, goneUsd, each) });
    } else return answers;
  }
  return answers;
}
