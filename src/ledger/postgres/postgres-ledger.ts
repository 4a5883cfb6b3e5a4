import { canonicalJson } from "../../base/hash.ts";
import {
  LedgerConflict,
  talliedMembers,
  type Ledger,
  type LedgerEntry,
  type LedgerRecords,
  type RecordKind,
  type Tallies,
} from "../ledger.ts";
import { recordProblems } from "../record-problems.ts";
import { isRecordKind, recordSchemas } from "../record-schemas.ts";
import { scrubbedJson } from "../scrubbed-json.ts";
import type { Queries } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";
import { leaseLost, type Lease, type PostgresStoreOptions } from "./postgres-store.ts";

interface Put {
  readonly kind: RecordKind;
  readonly key: string;
  readonly body: string;
  readonly tallied: string | null;
  readonly lease: Lease | null;
}

interface Row {
  readonly key: string;
  readonly body: string;
}

const batchRecords = 500;
/** A page of `list` ends at whichever comes first. */
const pageRows = 500;
const pageBytes = 4_000_000;
const pageKeys = 5_000;

/**
 * The ledger of one run in a database that several processes write at once. What they put while somebody iterates may or may not be
 * among what is listed.
 */
export class PostgresLedger implements Ledger {
  readonly #options: PostgresStoreOptions;
  readonly #commits = new GroupCommit<Put>(batchRecords, async (batch) => await this.#store(this.#options.database, batch));

  constructor(options: PostgresStoreOptions) {
    this.#options = options;
  }

  async put<Kind extends RecordKind>(kind: Kind, key: string, record: LedgerRecords[Kind]): Promise<void> {
    await this.#commits.add(this.#putOf(kind, { key, record }, null));
  }

  /** The same ledger, whose `put` is refused once somebody else has the lease. Disposing it closes nothing. */
  under(lease: Lease): Ledger {
    return {
      put: async (kind, key, record) => await this.#commits.add(this.#putOf(kind, { key, record }, lease)),
      putAll: async (kind, entries) => await this.putAll(kind, entries),
      get: async (kind, key) => await this.get(kind, key),
      list: (kind) => this.list(kind),
      keys: (kind) => this.keys(kind),
      keysWithout: (kind, other) => this.keysWithout(kind, other),
      count: async (kind) => await this.count(kind),
      tally: async (kind) => await this.tally(kind),
      find: async (prefix) => await this.find(prefix),
      check: async () => await this.check(),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  /** As `put` under a lease, as part of somebody's transaction. */
  async putWithin<Kind extends RecordKind>(
    queries: Queries,
    { kind, key, record, lease }: { readonly kind: Kind; readonly lease: Lease } & LedgerEntry<Kind>,
  ): Promise<void> {
    const [refusal] = await this.#store(queries, [this.#putOf(kind, { key, record }, lease)]);
    if (refusal) throw refusal;
  }

  async putAll<Kind extends RecordKind>(kind: Kind, entries: readonly LedgerEntry<Kind>[]): Promise<void> {
    const puts = entries.map((entry) => this.#putOf(kind, entry, null));
    await this.#commits.flush();
    await this.#options.database.transaction(async (queries) => {
      for (let from = 0; from < puts.length; from += batchRecords) {
        const conflict = (await this.#store(queries, puts.slice(from, from + batchRecords))).find((refusal) => refusal !== null);
        if (conflict !== undefined) throw conflict;
      }
    });
  }

  async get<Kind extends RecordKind>(kind: Kind, key: string): Promise<LedgerRecords[Kind] | null> {
    const [row] = await this.#rows<Row>("SELECT body FROM apprentice.record WHERE run = $1 AND kind = $2 AND key = $3", [kind, key]);
    return row === undefined ? null : (JSON.parse(row.body) as LedgerRecords[Kind]);
  }

  async *list<Kind extends RecordKind>(kind: Kind): AsyncIterable<LedgerEntry<Kind>> {
    for await (const page of this.#pages(kind)) {
      for (const { key, body } of page) yield { key, record: JSON.parse(body) as LedgerRecords[Kind] };
    }
  }

  keys(kind: RecordKind): AsyncIterable<string> {
    return this.#keys([kind], "");
  }

  keysWithout(kind: RecordKind, other: RecordKind): AsyncIterable<string> {
    return this.#keys(
      [kind, other],
      "AND NOT EXISTS (SELECT FROM apprentice.record AS other WHERE other.run = $1 AND other.kind = $5 AND other.key = record.key)",
    );
  }

  async *#keys([kind = "", ...others]: readonly string[], condition: string): AsyncIterable<string> {
    const newest = await this.#newestId();
    let after = "";
    for (;;) {
      const page = await this.#rows<Row>(
        `SELECT key FROM apprentice.record AS record WHERE run = $1 AND kind = $2 AND key > $3 AND id <= $4 ${condition}
         ORDER BY key LIMIT ${pageKeys}`,
        [kind, after, newest, ...others],
      );
      yield* page.map(({ key }) => key);
      if (page.length < pageKeys) return;
      after = page.at(-1)?.key ?? after;
    }
  }

  async count(kind: RecordKind): Promise<number> {
    const [row] = await this.#rows<{ n: string }>("SELECT count(*) AS n FROM apprentice.record WHERE run = $1 AND kind = $2", [kind]);
    return Number(row?.n);
  }

  async tally<Kind extends keyof Tallies>(kind: Kind): Promise<ReadonlyMap<Tallies[Kind], number>> {
    const rows = await this.#rows<{ tallied: string; n: string }>(
      `SELECT tallied, count(*) AS n FROM apprentice.record WHERE run = $1 AND kind = $2 AND tallied IS NOT NULL GROUP BY tallied`,
      [kind],
    );
    return new Map(rows.map(({ tallied, n }) => [JSON.parse(tallied) as Tallies[Kind], Number(n)]));
  }

  async find(prefix: string): Promise<readonly { readonly kind: RecordKind; readonly key: string }[]> {
    const found: { kind: RecordKind; key: string }[] = [];
    for (const kind of Object.keys(recordSchemas).filter(isRecordKind)) {
      const rows = await this.#rows<Row>(
        "SELECT key FROM apprentice.record WHERE run = $1 AND kind = $2 AND key >= $3 AND key < $4 ORDER BY key",
        [kind, prefix, `${prefix}\u{10ffff}`],
      );
      found.push(...rows.map(({ key }) => ({ kind, key })));
    }
    return found;
  }

  async check(): Promise<string[]> {
    const problems: string[] = [];
    const kinds = await this.#rows<{ kind: string }>("SELECT DISTINCT kind FROM apprentice.record WHERE run = $1 ORDER BY kind", []);
    for (const { kind } of kinds) {
      if (!isRecordKind(kind)) problems.push(`ledger: records of an unknown kind ${JSON.stringify(kind)}`);
      else for await (const page of this.#pages(kind)) problems.push(...page.flatMap((row) => recordProblems(kind, row)));
    }
    return problems;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commits[Symbol.asyncDispose]();
  }

  async *#pages(kind: RecordKind): AsyncIterable<readonly Row[]> {
    const newest = await this.#newestId();
    let after = "";
    for (;;) {
      const page = await this.#rows<Row>(
        `SELECT key, body FROM (
           SELECT key, body, sum(octet_length(body)) OVER (ORDER BY key) - octet_length(body) AS before FROM (
             SELECT key, body FROM apprentice.record WHERE run = $1 AND kind = $2 AND key > $3 AND id <= $4 ORDER BY key LIMIT ${pageRows}
           ) AS page
         ) AS sized WHERE before < ${pageBytes} ORDER BY key`,
        [kind, after, newest],
      );
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.key;
    }
  }

  async #newestId(): Promise<string> {
    const [row] = await this.#options.database.rows<{ id: string }>(
      "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS id FROM apprentice.record_id_seq",
    );
    return row?.id ?? "0";
  }

  async #rows<Found extends object>(text: string, values: readonly unknown[]): Promise<Found[]> {
    return await this.#options.database.rows<Found>(text, [this.#options.run, ...values]);
  }

  #putOf<Kind extends RecordKind>(kind: Kind, { key, record }: LedgerEntry<Kind>, lease: Lease | null): Put {
    if (!this.#options.write) throw new Error("put on a ledger that is open for reading only");
    const body = scrubbedJson(canonicalJson(record), this.#options.scrubber);
    return { kind, key, body, tallied: talliedOf(kind, record), lease };
  }

  /** For each put null, or what refuses it: another record that stands there, or a lease that is lost. */
  async #store(queries: Queries, puts: readonly Put[]): Promise<readonly (Error | null)[]> {
    const kinds = puts.map(({ kind }) => kind);
    const keys = puts.map(({ key }) => key);
    const subjects = puts.map(({ lease }) => lease?.subject ?? null);
    const { run } = this.#options;
    const made = await queries.rows<{ kind: string; key: string }>(
      `WITH held AS (
         SELECT subject, token FROM apprentice.lease WHERE run = $1 AND subject = ANY($6::text[]) ORDER BY subject FOR SHARE
       )
       INSERT INTO apprentice.record (run, kind, key, body, tallied)
       SELECT $1, put.kind, put.key, put.body, put.tallied
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
         WITH ORDINALITY AS put (kind, key, body, tallied, subject, token, place)
       WHERE put.subject IS NULL OR EXISTS (SELECT FROM held WHERE held.subject = put.subject AND held.token = put.token)
       ORDER BY place
       ON CONFLICT DO NOTHING RETURNING kind, key`,
      [
        run,
        kinds,
        keys,
        puts.map(({ body }) => body),
        puts.map(({ tallied }) => tallied),
        subjects,
        puts.map(({ lease }) => lease?.token ?? null),
      ],
    );
    if (made.length === puts.length) return puts.map(() => null);
    const standing = await queries.rows<{ kind: string; key: string; body: string }>(
      `SELECT record.kind, record.key, record.body FROM apprentice.record AS record
       JOIN (SELECT DISTINCT * FROM unnest($2::text[], $3::text[]) AS put (kind, key)) AS put
         ON record.kind = put.kind AND record.key = put.key COLLATE "C" WHERE record.run = $1`,
      [run, kinds, keys],
    );
    const held = await queries.rows<{ subject: string; token: string }>(
      "SELECT subject, token FROM apprentice.lease WHERE run = $1 AND subject = ANY($2::text[])",
      [run, subjects],
    );
    const bodies = new Map(standing.map(({ kind, key, body }) => [`${kind} ${key}`, body]));
    const tokens = new Map(held.map(({ subject, token }) => [subject, token]));
    return puts.map(({ kind, key, body, lease }) => {
      if (bodies.get(`${kind} ${key}`) === body) return null;
      if (lease !== null && tokens.get(lease.subject) !== lease.token) return leaseLost();
      return new LedgerConflict(`another ${kind} stands under ${key}`);
    });
  }
}

function talliedOf<Kind extends RecordKind>(kind: Kind, record: LedgerRecords[Kind]): string | null {
  const member = Object.hasOwn(talliedMembers, kind) ? talliedMembers[kind as keyof Tallies] : null;
  return member === null ? null : JSON.stringify((record as unknown as Record<string, unknown>)[member]);
}
