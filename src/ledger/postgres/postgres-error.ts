import { storageError, storageTrouble } from "../storage-error.ts";

/** SQLSTATE classes and codes that pass by themselves: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const passing = /^(08...|57P0[123]|53300|40001|40P01)$/;
const systemCodes = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

const driverWords = /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout e)/;

/** Was the connection lost, or not to be had, so that another one may do? */
export function lostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(lostConnection);
  const code = codeOf(error);
  // The driver gives no code when the server closes in mid-query, or is silent.
  if (code === null) return driverWords.test(error.message);
  return systemCodes.has(code) || passing.test(code);
}

/** A StorageError where the database or the way to it said no, else the error itself, which is a bug. */
export function postgresTrouble(error: unknown): unknown {
  if (lostConnection(error)) {
    return storageTrouble(
      "database-unreachable",
      `The database cannot be reached (${reasonOf(error)}): see that it runs, then run the same command again. Nothing is lost.`,
      error,
    );
  }
  const code = error instanceof Error ? codeOf(error) : null;
  if (!(error instanceof Error) || code === null) return error;
  if (code === "53100")
    return storageTrouble("disk-full", "The disk of the database is full: free some space and run the same command again.", error);
  // Of the rest only what speaks of the world: authorisation, a database that is not there, its resources, its disk.
  if (/^(28...|3D...|42501|53...|58...|XX001|XX002)$/.test(code))
    return storageTrouble("storage-failed", `There is trouble with the database: ${error.message}.`, error);
  return storageError(error, "the database");
}

/** Why a connection was lost, in the system's words. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return String(error.errors[0]?.message);
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: Error): string | null {
  return "code" in error && typeof error.code === "string" ? error.code : null;
}
