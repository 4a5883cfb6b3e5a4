import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { canonicalJson } from "../../base/hash.ts";
import type { Scrubber } from "../../base/secret.ts";
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
import { storageError } from "../storage-error.ts";
import { openLedgerFile } from "./ledger-file.ts";

export interface LocalLedgerOptions {
  /** The SQLite file. A writer makes it; who writes must hold the run's lock. */
  readonly path: string;
  readonly scrubber: Scrubber;
  readonly write: boolean;
}

/** Opens the ledger of a run in one SQLite file. Throws StorageError: no such file, a newer version, a damaged file. */
export function openLocalLedger(options: LocalLedgerOptions): Ledger {
  try {
    const database = openLedgerFile(options);
    if (options.write) for (const kind of talliedKinds) database.exec(indexOf(kind));
    return new LocalLedger(database, options);
  } catch (error) {
    throw storageError(error, what);
  }
}

const what = "the ledger (ledger.sqlite)";
/** A page of `list` ends at whichever comes first. */
const pageRows = 500;
const pageCharacters = 4_000_000;
const pageKeys = 5_000;

const talliedKinds = Object.keys(talliedMembers) as (keyof Tallies)[];

/** The value that is tallied; an index is used only where it is spelt the same. */
function talliedValue(kind: keyof Tallies): string {
  return `json_extract(body, '$.${talliedMembers[kind]}')`;
}

/** A ledger without it counts right, and slowly. */
function indexOf(kind: keyof Tallies): string {
  return `CREATE INDEX IF NOT EXISTS record_${kind}_tally ON record (kind, ${talliedValue(kind)}) WHERE kind = '${kind}'`;
}

interface Put {
  readonly kind: RecordKind;
  readonly key: string;
  readonly body: string;
  readonly settled: PromiseWithResolvers<void>;
}

interface Row {
  readonly key: string;
  readonly body: string;
}

/** Records are only ever inserted, so a row's id says whether it was there when an iteration began. */
class LocalLedger implements Ledger {
  readonly #database: DatabaseSync;
  readonly #options: LocalLedgerOptions;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #page: StatementSync;
  #queue: Put[] = [];
  #closed = false;

  constructor(database: DatabaseSync, options: LocalLedgerOptions) {
    this.#database = database;
    this.#options = options;
    this.#insert = database.prepare("INSERT INTO record (kind, key, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
    this.#select = database.prepare("SELECT body FROM record WHERE kind = ? AND key = ?");
    this.#page = database.prepare(`SELECT key, body FROM record WHERE kind = ? AND key > ? AND id <= ? ORDER BY key LIMIT ${pageRows}`);
  }

  put<Kind extends RecordKind>(kind: Kind, key: string, record: LedgerRecords[Kind]): Promise<void> {
    this.#refuseUnlessWritable();
    const settled = Promise.withResolvers<void>();
    if (this.#queue.length === 0) setImmediate(() => this.#commit());
    this.#queue.push({ kind, key, body: this.#bodyOf(record), settled });
    return settled.promise;
  }

  async putAll<Kind extends RecordKind>(kind: Kind, entries: readonly LedgerEntry<Kind>[]): Promise<void> {
    this.#refuseUnlessWritable();
    this.#commit();
    this.#read(() => this.#database.exec("BEGIN IMMEDIATE"));
    try {
      for (const { key, record } of entries) {
        const conflict = this.#store({ kind, key, body: this.#bodyOf(record) });
        if (conflict !== null) throw conflict;
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error instanceof LedgerConflict ? error : storageError(error, what);
    }
  }

  async get<Kind extends RecordKind>(kind: Kind, key: string): Promise<LedgerRecords[Kind] | null> {
    const row = this.#read(() => this.#select.get(kind, key));
    return row === undefined ? null : (JSON.parse(String(row["body"])) as LedgerRecords[Kind]);
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
    return this.#keys([kind, other], "AND NOT EXISTS (SELECT 1 FROM record AS other WHERE other.kind = ? AND other.key = record.key)");
  }

  async *#keys(kinds: readonly RecordKind[], condition: string): AsyncIterable<string> {
    const newest = this.#newestId();
    const [kind = "", ...others] = kinds;
    const text = `SELECT key FROM record WHERE kind = ? AND key > ? AND id <= ? ${condition} ORDER BY key LIMIT ${pageKeys}`;
    const select = this.#database.prepare(text);
    let after = "";
    for (;;) {
      const page = this.#read(() => select.all(kind, after, newest, ...others)).map((row) => String(row["key"]));
      yield* page;
      if (page.length < pageKeys) return;
      after = page.at(-1) ?? after;
      await turn();
    }
  }

  async count(kind: RecordKind): Promise<number> {
    const row = this.#read(() => this.#database.prepare("SELECT count(*) AS n FROM record WHERE kind = ?").get(kind));
    return Number(row?.["n"]);
  }

  async tally<Kind extends keyof Tallies>(kind: Kind): Promise<ReadonlyMap<Tallies[Kind], number>> {
    const value = talliedValue(kind);
    const select = `SELECT ${value} AS value, count(*) AS n FROM record WHERE kind = '${kind}' GROUP BY ${value}`;
    const rows = this.#read(() => this.#database.prepare(select).all());
    return new Map(rows.map((row) => [row["value"] as Tallies[Kind], Number(row["n"])]));
  }

  async find(prefix: string): Promise<readonly { readonly kind: RecordKind; readonly key: string }[]> {
    const select = this.#database.prepare("SELECT key FROM record WHERE kind = ? AND key >= ? AND key < ? ORDER BY key");
    const kinds = Object.keys(recordSchemas).filter(isRecordKind);
    return this.#read(() =>
      kinds.flatMap((kind) => select.all(kind, prefix, `${prefix}\u{10ffff}`).map((row) => ({ kind, key: String(row["key"]) }))),
    );
  }

  async check(): Promise<string[]> {
    const integrity = this.#read(() => this.#database.prepare("PRAGMA integrity_check").all());
    const problems = integrity.map((row) => String(row["integrity_check"])).filter((line) => line !== "ok");
    if (problems.length > 0) return problems.map((problem) => `ledger: ${problem}`);
    const kinds = this.#read(() => this.#database.prepare("SELECT DISTINCT kind FROM record ORDER BY kind").all());
    for (const kind of kinds.map((row) => String(row["kind"]))) {
      if (!isRecordKind(kind)) problems.push(`ledger: records of an unknown kind ${JSON.stringify(kind)}`);
      else for await (const page of this.#pages(kind)) problems.push(...page.flatMap((row) => recordProblems(kind, row)));
    }
    return problems;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#queue.length > 0) this.#commit();
    this.#read(() => this.#database.close());
  }

  /** In order of key; other work gets its turn between pages. */
  async *#pages(kind: RecordKind): AsyncIterable<readonly Row[]> {
    const newest = this.#newestId();
    let after = "";
    for (;;) {
      const page = this.#read(() => this.#pageAfter(kind, after, newest));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.key;
      await turn();
    }
  }

  #newestId(): number {
    return Number(this.#read(() => this.#database.prepare("SELECT max(id) AS id FROM record").get())?.["id"] ?? 0);
  }

  /** Empty at the end. No statement stays open while a caller works on a page. */
  #pageAfter(kind: RecordKind, after: string, newest: number): Row[] {
    const page: Row[] = [];
    let characters = 0;
    for (const row of this.#page.iterate(kind, after, newest)) {
      const body = String(row["body"]);
      page.push({ key: String(row["key"]), body });
      characters += body.length;
      if (characters >= pageCharacters) break;
    }
    return page;
  }

  /** Everything that waits goes in one transaction; a conflict refuses one put and not its neighbours. */
  #commit(): void {
    const batch = this.#queue;
    this.#queue = [];
    if (batch.length === 0) return;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const conflicts = batch.map((put) => this.#store(put));
      this.#database.exec("COMMIT");
      for (const [index, { settled }] of batch.entries()) {
        const conflict = conflicts[index];
        if (conflict) settled.reject(conflict);
        else settled.resolve();
      }
    } catch (error) {
      const reason = storageError(error, what);
      for (const { settled } of batch) settled.reject(reason);
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    }
  }

  #refuseUnlessWritable(): void {
    if (this.#closed || !this.#options.write) throw new Error("put on a ledger that is closed or open for reading only");
  }

  #bodyOf(record: unknown): string {
    return scrubbedJson(canonicalJson(record), this.#options.scrubber);
  }

  #store({ kind, key, body }: Omit<Put, "settled">): LedgerConflict | null {
    if (this.#insert.run(kind, key, body).changes === 1) return null;
    if (this.#select.get(kind, key)?.["body"] === body) return null;
    return new LedgerConflict(`another ${kind} record already stands under ${key}`);
  }

  #read<Value>(action: () => Value): Value {
    try {
      return action();
    } catch (error) {
      throw storageError(error, what);
    }
  }
}
