import { failure, type Failure } from "../records/failure.ts";

/**
 * Trouble of the disk or the database under a run: the one error of this room that is not a bug. It concerns every lineage
 * (`failure.wholeRun`), so it is caught once, where a run is driven, and there becomes the value it carries.
 */
export class StorageError extends Error {
  readonly failure: Failure;

  constructor(problem: Failure, options?: ErrorOptions) {
    super(problem.message, options);
    this.name = "StorageError";
    this.failure = problem;
  }
}

/** A StorageError with a code of its own. */
export function storageTrouble(code: string, message: string, cause?: unknown): StorageError {
  return new StorageError(failure({ boundary: "storage", code, message, wholeRun: true }), { cause });
}

/** What runs in a database need and who installed Apprentice may not have. */
export function driverMissing(name: string, cause: unknown): StorageError {
  const message = `A run in a database needs the package ${name}, which is not installed. To install it: npm install pg pg-boss`;
  return storageTrouble("driver-missing", message, cause);
}

/**
 * What to throw for a caught error: a StorageError where the operating system or SQLite said it (`disk-full` or
 * `storage-failed`), else the error itself, which is a bug. `what` names the store within the sentence.
 */
export function storageError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof StorageError) return error;
  const kind = systemKind(error) ?? sqliteKind(error);
  if (kind === null) return error;
  if (kind === "disk-full") {
    return storageTrouble(kind, `The disk is full: ${what} could not be written. Free some space and run the same command again.`, error);
  }
  return storageTrouble(kind, `There is trouble with ${what}: ${error.message}.`, error);
}

/** Runs an action and throws its errors as `storageError` says. */
export async function atStorage<Value>(what: string, action: () => Promise<Value>): Promise<Value> {
  try {
    return await action();
  } catch (error) {
    throw storageError(error, what);
  }
}

type Kind = "disk-full" | "storage-failed";

function systemKind(error: Error): Kind | null {
  if (!("syscall" in error) || !("code" in error)) return null;
  return error.code === "ENOSPC" || error.code === "EDQUOT" ? "disk-full" : "storage-failed";
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that speak of the world and not of our SQL. */
const sqlite = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, protocol: 15, notADatabase: 26 };
const sqliteTrouble = new Set(Object.values(sqlite));

/** The primary result code of an error of node:sqlite, or null. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 0xff;
}

function sqliteKind(error: Error): Kind | null {
  const code = sqliteCode(error);
  if (code === null || !sqliteTrouble.has(code)) return null;
  return code === sqlite.full ? "disk-full" : "storage-failed";
}

/** Did SQLite say that another connection holds the lock? */
export function isSqliteBusy(error: unknown): boolean {
  return sqliteCode(error) === sqlite.busy;
}

/** Did SQLite fail to open the file? */
export function isSqliteCannotOpen(error: unknown): boolean {
  return sqliteCode(error) === sqlite.cannotOpen;
}
