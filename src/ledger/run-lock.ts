import { readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { writeFileAtomic } from "../base/atomic-file.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import { isSqliteBusy, storageError, StorageError, storageTrouble } from "./storage-error.ts";

/** Held until disposed, or until the process ends in whatever way: the operating system takes it back. */
export type RunLock = AsyncDisposable;

/** How long SQLite settles between processes that begin at once; without it each could refuse because of the other. */
const raceMs = 250;

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly startedAt: string;
}

/**
 * Makes this process the only one that writes to a run folder, which must exist. Failure `run-in-use` names the holder. The lock
 * is SQLite's exclusive lock on the file `lock`, which nothing but SQLite may open: closing any other handle on it in this process would drop
 * the lock (POSIX). Who holds it stands beside it, because nobody can read a file locked so.
 */
export async function lockRun(dir: string): Promise<Result<RunLock, Failure>> {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(join(dir, "lock"), { timeout: raceMs });
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    await writeFileAtomic(holderPath(dir), JSON.stringify(thisProcess()));
    return ok(heldLock(database, dir));
  } catch (error) {
    database?.close();
    const problem = isSqliteBusy(error) ? await runInUse(dir) : storageError(error, "the run's lock");
    if (problem instanceof StorageError) return err(problem.failure);
    throw problem;
  }
}

function heldLock(database: DatabaseSync, dir: string): RunLock {
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      if (!database.isOpen) return;
      // Best effort: a name that stays says nothing once the lock is free.
      await rm(holderPath(dir), { force: true }).catch(() => {});
      if (database.isOpen) database.close();
    },
  };
}

function holderPath(dir: string): string {
  return join(dir, "lock-holder.json");
}

function thisProcess(): Holder {
  return { pid: process.pid, host: hostname(), startedAt: new Date().toISOString() };
}

async function runInUse(dir: string): Promise<StorageError> {
  const holder = await readHolder(dir);
  const who = holder === null ? "another process" : `process ${holder.pid} on ${holder.host} (since ${holder.startedAt})`;
  return storageTrouble("run-in-use", `The run folder ${dir} is in use by ${who}: wait until it has ended, or stop it, and try again.`);
}

/** The live process of this host that writes to a run folder, as its number; null: none does, as far as can be seen. */
export async function runWriter(dir: string): Promise<number | null> {
  const holder = await readHolder(dir);
  if (holder === null || holder.host !== hostname()) return null;
  try {
    process.kill(holder.pid, 0);
    return holder.pid;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM" ? holder.pid : null;
  }
}

/** Null in the moment before the holder has written its name. */
async function readHolder(dir: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(holderPath(dir), "utf8")) as Holder;
  } catch {
    return null;
  }
}
