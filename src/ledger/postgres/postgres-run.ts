import { resolve } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import type { Scrubber } from "../../base/secret.ts";
import type { Failure } from "../../records/failure.ts";
import type { RunStore } from "../run-store.ts";
import { StorageError } from "../storage-error.ts";
import { Database, type DatabaseOptions } from "./database.ts";
import { PostgresArtifacts } from "./postgres-artifacts.ts";
import { PostgresJournal } from "./postgres-journal.ts";
import { PostgresLedger } from "./postgres-ledger.ts";
import type { Lease } from "./postgres-store.ts";

/** What a run's stores are made of, on a database that is open. */
export interface PostgresRunParts {
  /** The run's id: every process that names it works on the same run. */
  readonly run: string;
  /** This process's folder for what is not stored: settings, report, dataset. */
  readonly dir: string;
  readonly scrubber: Scrubber;
  readonly write: boolean;
}

/** The open stores of a run in a database. `under`: the same for work under a lease; `putWithin`: see PostgresLedger. */
export interface PostgresRun extends RunStore {
  readonly database: Database;
  readonly id: string;
  under(lease: Lease): Pick<RunStore, "ledger" | "journal">;
  readonly putWithin: PostgresLedger["putWithin"];
}

/**
 * Opens the stores of a run in a database. Several processes may write at once, each lineage by one of them. Failures:
 * `database-unreachable`, `database-newer`, `database-unsafe`, `storage-failed`, `disk-full`.
 */
export async function openPostgresRun(options: PostgresRunParts & DatabaseOptions): Promise<Result<PostgresRun, Failure>> {
  const opened = await openDatabase(options);
  if (!opened.ok) return opened;
  const run = postgresRun(opened.value, options);
  const dispose = async (): Promise<void> => {
    await run[Symbol.asyncDispose]();
    await opened.value[Symbol.asyncDispose]();
  };
  return ok({ ...run, [Symbol.asyncDispose]: dispose });
}

/** `Database.open`, with its StorageError as a value. */
export async function openDatabase(options: DatabaseOptions): Promise<Result<Database, Failure>> {
  try {
    return ok(await Database.open(options));
  } catch (error) {
    if (error instanceof StorageError) return err(error.failure);
    throw error;
  }
}

/** The stores of a run in a database that several runs share; it stays open when they are disposed. */
export function postgresRun(database: Database, options: PostgresRunParts): PostgresRun {
  const store = { ...options, database };
  const ledger = new PostgresLedger(store);
  const journal = new PostgresJournal(store);
  return {
    dir: resolve(options.dir),
    database,
    id: options.run,
    ledger,
    journal,
    artifacts: new PostgresArtifacts(store),
    under: (lease) => ({ ledger: ledger.under(lease), journal: journal.under(lease) }),
    putWithin: async (queries, put) => await ledger.putWithin(queries, put),
    [Symbol.asyncDispose]: async () => {
      await ledger[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}
