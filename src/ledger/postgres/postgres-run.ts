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

export interface PostgresRunOptions extends DatabaseOptions {
  /** The run's id: every process that names it works on the same run. */
  readonly run: string;
  /** This process's folder for what is not stored: settings, report, dataset. */
  readonly dir: string;
  readonly scrubber: Scrubber;
  readonly write: boolean;
}

/**
 * Opens the stores of a run in a database. Several processes may write at once, each lineage by one of them. Failures:
 * `database-unreachable`, `database-newer`, `database-unsafe`, `storage-failed`, `disk-full`.
 */
export async function openPostgresRun(options: PostgresRunOptions): Promise<Result<RunStore, Failure>> {
  try {
    await using opened = new AsyncDisposableStack();
    const database = opened.use(await Database.open(options));
    const store = { ...options, database };
    const ledger = opened.use(new PostgresLedger(store));
    const journal = opened.use(new PostgresJournal(store));
    const artifacts = new PostgresArtifacts(store);
    const kept = opened.move();
    return ok({ dir: resolve(options.dir), ledger, journal, artifacts, [Symbol.asyncDispose]: async () => await kept.disposeAsync() });
  } catch (error) {
    if (error instanceof StorageError) return err(error.failure);
    throw error;
  }
}
