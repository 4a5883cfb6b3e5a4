import { setTimeout as sleep } from "node:timers/promises";
import { contentId } from "../base/hash.ts";
import type { EndpointShare } from "../records/endpoint-share.ts";
import type { FleetDatabase } from "./fleet-database.ts";

export interface SharesOptions {
  readonly database: FleetDatabase;
  /** This process among all that call the endpoints, of whatever run. */
  readonly member: string;
  /** Calls at once at each endpoint, by all together; null: only what endpoints say of waiting is shared. */
  readonly mostCalls: number | null;
  /** Told once of an error of the database; shares stay as they are until it answers again. */
  readonly onTrouble: (error: unknown) => void;
}

interface Row {
  readonly member: string;
  readonly wanted: number;
  readonly calls: number;
  readonly in_flight: number;
  readonly closed_ms: number;
  readonly turn: number;
}

const syncMs = 500;
/** A process that was not heard of for so long has no calls under way. */
const deadAfterSeconds = 10;
/** Where there are fewer calls than processes, who has one changes so often. */
const turnSeconds = 10;

/** What this process may do at each endpoint, agreed with the others through the database about twice a second. */
export class EndpointShares implements AsyncDisposable {
  readonly #options: SharesOptions;
  readonly #shares = new Map<string, OwnShare>();
  #syncing: Promise<void> | null = null;
  #isOver = false;

  constructor(options: SharesOptions) {
    this.#options = options;
  }

  /** `endpoint`: what all processes call it. */
  shareOf(endpoint: string): EndpointShare {
    const share = new OwnShare(this.#options.mostCalls);
    this.#shares.set(endpoint, share);
    this.#syncing ??= this.#keepSyncing();
    return share;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#syncing;
    const { database, member } = this.#options;
    await database.rows("DELETE FROM apprentice.share WHERE member = $1", [member]).catch(() => undefined);
  }

  async #keepSyncing(): Promise<void> {
    let isTold = false;
    while (!this.#isOver) {
      try {
        for (const [endpoint, share] of this.#shares) await this.#sync(endpoint, share);
        isTold = false;
      } catch (error) {
        if (!isTold) this.#options.onTrouble(error);
        isTold = true;
      }
      await sleep(syncMs);
    }
  }

  async #sync(endpoint: string, share: OwnShare): Promise<void> {
    const { database, member, mostCalls } = this.#options;
    const { inFlight, wanted } = share.wanted();
    const closedMs = share.closedForMs();
    const agreed = await database.transaction(async (queries) => {
      await queries.rows("SELECT pg_advisory_xact_lock(hashtext($1))", [`share ${endpoint}`]);
      const rows = await queries.rows<Row>(
        `SELECT member, wanted, calls, in_flight, (extract(epoch FROM greatest(closed_until - now(), interval '0')) * 1000)::float AS closed_ms,
           floor(extract(epoch FROM now()) / ${turnSeconds})::float AS turn
         FROM apprentice.share WHERE endpoint = $1 AND seen_at > now() - interval '${deadAfterSeconds} seconds'`,
        [endpoint],
      );
      const others = rows.filter((row) => row.member !== member);
      const turn = rows[0]?.turn ?? 0;
      const calls = mostCalls === null ? null : callsOf({ id: member, wanted, inFlight }, { others, mostCalls, turn });
      await queries.rows(
        `INSERT INTO apprentice.share (endpoint, member, seen_at, wanted, calls, in_flight, closed_until)
         VALUES ($1, $2, now(), $3, $4, $5, now() + $6 * interval '1 millisecond')
         ON CONFLICT (endpoint, member) DO UPDATE SET seen_at = excluded.seen_at, wanted = excluded.wanted, calls = excluded.calls,
           in_flight = excluded.in_flight, closed_until = greatest(share.closed_until, excluded.closed_until)`,
        [endpoint, member, wanted, calls ?? inFlight, inFlight, closedMs],
      );
      const othersInFlight = others.reduce((sum, row) => sum + row.in_flight, 0);
      return { calls, othersInFlight, closedMs: Math.max(0, ...others.map((row) => row.closed_ms)) };
    });
    share.agree(agreed);
  }
}

interface Asking {
  readonly id: string;
  readonly wanted: number;
  readonly inFlight: number;
}

interface Others {
  readonly others: readonly Row[];
  readonly mostCalls: number;
  readonly turn: number;
}

/**
 * Calls that one process may have: its fair share of all (as much as it wants where others want less), but no more than others have left,
 * and what it has under way in any case. Everybody computes the same shares, so that what one gives up another finds.
 */
export function callsOf(me: Asking, { others, mostCalls, turn }: Others): number {
  const all = [{ id: me.id, wanted: me.wanted }, ...others.map(({ member, wanted }) => ({ id: member, wanted }))];
  const fair = fairShares(all, { mostCalls, turn }).get(me.id) ?? 0;
  const left = mostCalls - others.reduce((sum, { calls }) => sum + calls, 0);
  return Math.max(me.inFlight, Math.min(fair, Math.max(0, left)));
}

function fairShares(
  all: readonly { readonly id: string; readonly wanted: number }[],
  { mostCalls, turn }: { readonly mostCalls: number; readonly turn: number },
): ReadonlyMap<string, number> {
  // Who gets the odd one changes with the turn.
  const ordered = all.toSorted((a, b) => a.wanted - b.wanted || (contentId([a.id, turn]) < contentId([b.id, turn]) ? -1 : 1));
  const shares = new Map<string, number>();
  let left = mostCalls;
  for (const [index, { id, wanted }] of ordered.entries()) {
    const share = Math.min(wanted, Math.floor(left / (ordered.length - index)));
    shares.set(id, share);
    left -= share;
  }
  return shares;
}

interface Agreed {
  readonly calls: number | null;
  readonly othersInFlight: number;
  readonly closedMs: number;
}

/** One endpoint's share, as it stands between two agreements. */
class OwnShare implements EndpointShare {
  calls: number;
  othersInFlight = 0;
  wanted: () => { readonly inFlight: number; readonly wanted: number } = () => ({ inFlight: 0, wanted: 0 });
  #closedUntilMs = 0;
  #serve: () => void = () => undefined;

  /** Nothing was agreed yet, so where there is a limit none may begin. */
  constructor(mostCalls: number | null) {
    this.calls = mostCalls === null ? Infinity : 0;
  }

  closedForMs(): number {
    return Math.max(0, this.#closedUntilMs - performance.now());
  }

  tellClosed(forMs: number): void {
    this.#closedUntilMs = Math.max(this.#closedUntilMs, performance.now() + forMs);
  }

  wantedBy(wanted: () => { readonly inFlight: number; readonly wanted: number }): void {
    this.wanted = wanted;
  }

  onRoom(serve: () => void): void {
    this.#serve = serve;
  }

  agree({ calls, othersInFlight, closedMs }: Agreed): void {
    this.othersInFlight = othersInFlight;
    const isMore = calls !== null && calls > this.calls;
    if (calls !== null) this.calls = calls;
    this.tellClosed(closedMs);
    if (isMore) this.#serve();
  }
}
