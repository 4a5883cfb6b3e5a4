import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { isSqliteCannotOpen, storageTrouble } from "../storage-error.ts";

/** Marks the file as ours: "APRC" in SQLite's header. */
const applicationId = 0x41505243;

/** Step n brings a ledger of version n to version n + 1. Steps are only ever added. */
const migrations: readonly string[] = [
  `CREATE TABLE record (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL) STRICT;
   CREATE UNIQUE INDEX record_key ON record (kind, key);`,
];

export interface LedgerFileOptions {
  readonly path: string;
  /** A writer makes and migrates the file; a reader may look on while a writer is at work. */
  readonly write: boolean;
  readonly migrations?: readonly string[];
}

/** Opens the ledger's file at the version this code knows, or throws a StorageError that says why not. */
export function openLedgerFile(options: LedgerFileOptions): DatabaseSync {
  const known = options.migrations ?? migrations;
  const database = options.write ? openToWrite(options.path) : openToRead(options.path);
  try {
    const version = versionOf(database);
    if (version > known.length) throw newerVersion(version, known.length);
    if (options.write) migrate(database, known.slice(version));
    else if (version < known.length) throw olderVersion(version);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function openToWrite(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  try {
    versionOf(database);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
      PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16000;`);
    // A killed process may have left a transaction that was written but not synced; a checkpoint syncs it before it counts.
    database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Where it may, as one who could write: only such a one takes SQLite's side files away again. SQLite cannot make them in a folder that is
 * read-only; without a WAL nothing can be missed there.
 */
function openToRead(path: string): DatabaseSync {
  const open = (how: string): DatabaseSync => {
    const database = new DatabaseSync(new URL(`${pathToFileURL(path).href}?${how}`), { timeout: 10_000 });
    try {
      database.exec("PRAGMA query_only = ON");
      database.prepare("SELECT count(*) FROM sqlite_schema").get();
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    return open("mode=rw");
  } catch (error) {
    if (!isSqliteCannotOpen(error) || existsSync(`${path}-wal`)) throw error;
    return open("mode=ro&immutable=1");
  }
}

function migrate(database: DatabaseSync, steps: readonly string[]): void {
  if (steps.length === 0) return;
  const version = versionOf(database) + steps.length;
  try {
    database.exec(`BEGIN IMMEDIATE; ${steps.join("\n")}
      PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Throws where a database that something else made stands in the ledger's place. */
function versionOf(database: DatabaseSync): number {
  const id = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  const ours = id === applicationId || (id === 0 && version === 0 && isEmpty(database));
  if (!ours) throw storageTrouble("ledger-foreign", "The file ledger.sqlite was not made by Apprentice: name another run folder.");
  return version;
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

function pragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function newerVersion(version: number, known: number): Error {
  return storageTrouble(
    "ledger-newer",
    `This run was written by a newer Apprentice (ledger version ${version}, this one knows up to ${known}): update Apprentice to read it.`,
  );
}

function olderVersion(version: number): Error {
  if (version === 0)
    return storageTrouble("ledger-unfinished", "This run was killed while it was being made: run generate on it again first.");
  return storageTrouble(
    "ledger-older",
    `This run was written by an older Apprentice (ledger version ${version}): run generate on it to bring it forward.`,
  );
}
