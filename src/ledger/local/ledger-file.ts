import { existsSync, statSync } from "node:fs";
import { DatabaseSync, type DatabaseSyncOptions } from "node:sqlite";
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

/** SQLite cannot make its side files in a folder that is read-only; without a WAL nothing can be missed there. */
function openToRead(path: string): DatabaseSync {
  const open = (location: string | URL): DatabaseSync => {
    const database = new LedgerReader(location, { readOnly: true, timeout: 10_000 });
    try {
      database.prepare("SELECT count(*) FROM sqlite_schema").get();
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    return open(path);
  } catch (error) {
    if (!isSqliteCannotOpen(error) || existsSync(`${path}-wal`)) throw error;
    return open(new URL(`${pathToFileURL(path).href}?immutable=1`));
  }
}

/** A reader may not remove the side files that SQLite makes for it, so where there were none a connection that may takes them away. */
class LedgerReader extends DatabaseSync {
  readonly #path: string | null;

  constructor(location: string | URL, options: DatabaseSyncOptions) {
    const path = typeof location === "string" && isWithoutWal(location) ? location : null;
    super(location, options);
    this.#path = path;
  }

  override close(): void {
    super.close();
    if (this.#path !== null) removeSideFiles(this.#path);
  }
}

function isWithoutWal(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
}

/** SQLite does it at the end of the last connection; not where another is open. */
function removeSideFiles(path: string): void {
  try {
    using database = new DatabaseSync(path);
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
  } catch {
    // What was asked for has been read; the files hold nothing.
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
