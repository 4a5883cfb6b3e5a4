import { join, resolve } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import type { Scrubber } from "../../base/secret.ts";
import type { Failure } from "../../records/failure.ts";
import type { Artifacts } from "../artifacts.ts";
import type { Ledger } from "../ledger.ts";
import { findRun, prepareFolder } from "../run-folder.ts";
import { storageError, StorageError } from "../storage-error.ts";
import { openLocalArtifacts } from "./local-artifacts.ts";
import { openLocalJournal, type LocalJournal } from "./local-journal.ts";
import { openLocalLedger } from "./local-ledger.ts";
import { lockRun } from "../run-lock.ts";

export interface LocalRunOptions {
  readonly dir: string;
  readonly scrubber: Scrubber;
  /** A writer makes the folder where there is none and holds its lock; a reader may look on while a writer is at work. */
  readonly write: boolean;
}

/** The open stores of one run folder. Disposing closes them and gives the lock back. */
export interface LocalRun extends AsyncDisposable {
  /** Absolute. */
  readonly dir: string;
  readonly ledger: Ledger;
  readonly journal: LocalJournal;
  readonly artifacts: Artifacts;
}

/**
 * Opens a run folder. Failures: `not-a-run`, `run-folder-unwritable`, `run-in-use`, a ledger of another version, and what a disk
 * does (`disk-full`, `storage-failed`).
 */
export async function openLocalRun(options: LocalRunOptions): Promise<Result<LocalRun, Failure>> {
  const dir = resolve(options.dir);
  await using opened = new AsyncDisposableStack();
  try {
    await (options.write ? prepareFolder(dir) : findRun(dir));
    if (options.write) {
      const lock = await lockRun(dir);
      if (!lock.ok) return lock;
      opened.use(lock.value);
    }
    const ledger = opened.use(openLocalLedger({ ...options, path: join(dir, "ledger.sqlite") }));
    const journal = opened.use(await openLocalJournal({ ...options, folder: join(dir, "journal") }));
    const artifacts = await openLocalArtifacts({ ...options, folder: join(dir, "artifacts") });
    const kept = opened.move();
    return ok({ dir, ledger, journal, artifacts, [Symbol.asyncDispose]: async () => await kept.disposeAsync() });
  } catch (error) {
    const problem = storageError(error, `the run folder ${dir}`);
    if (problem instanceof StorageError) return err(problem.failure);
    throw problem;
  }
}
