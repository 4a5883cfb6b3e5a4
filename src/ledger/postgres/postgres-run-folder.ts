import { resolve } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import type { Scrubber } from "../../base/secret.ts";
import type { Failure } from "../../records/failure.ts";
import { prepareFolder, writePlace, type DatabasePlace } from "../run-folder.ts";
import { lockRun } from "../run-lock.ts";
import { StorageError } from "../storage-error.ts";
import { Database, type DatabaseOptions } from "./database.ts";
import { postgresRun, type PostgresRun } from "./postgres-run.ts";

export interface PostgresRunFolderOptions extends DatabaseOptions {
  readonly dir: string;
  readonly place: DatabasePlace;
  readonly scrubber: Scrubber;
  /** A writer makes the folder where there is none, and holds its lock: a run has one process that leads it. */
  readonly write: boolean;
}

/** Opens a run folder whose stores are in a database. Failures: those of `openPostgresRun`, and of a folder and its lock. */
export async function openPostgresRunFolder(options: PostgresRunFolderOptions): Promise<Result<PostgresRun, Failure>> {
  const { place, write } = options;
  const dir = resolve(options.dir);
  await using opened = new AsyncDisposableStack();
  try {
    if (write) await prepareFolder(dir);
    const database = opened.use(await Database.open(options));
    if (write) {
      const lock = await lockRun(dir);
      if (!lock.ok) return lock;
      opened.use(lock.value);
      await writePlace(dir, place);
    }
    const run = opened.use(postgresRun(database, { ...options, dir, run: place.run }));
    const kept = opened.move();
    return ok({ ...run, [Symbol.asyncDispose]: async () => await kept.disposeAsync() });
  } catch (error) {
    if (error instanceof StorageError) return err(error.failure);
    throw error;
  }
}
