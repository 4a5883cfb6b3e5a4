import { access, constants, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeFolder } from "../../base/atomic-file.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Scrubber } from "../../base/secret.ts";
import type { Failure } from "../../records/failure.ts";
import type { Artifacts } from "../artifacts.ts";
import type { Ledger } from "../ledger.ts";
import { storageError, StorageError, storageTrouble } from "../storage-error.ts";
import { openLocalArtifacts } from "./local-artifacts.ts";
import { openLocalJournal, type LocalJournal } from "./local-journal.ts";
import { openLocalLedger } from "./local-ledger.ts";
import { lockRun } from "./run-lock.ts";

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

/** What a run folder may hold before its ledger is made: the rest would be somebody's own folder. */
const ownNames =
  /^(config\.yaml|log\.jsonl|lock|lock-holder\.json|journal|artifacts|dataset|report\.html|\..*\.tmp|ledger\.sqlite(-\w+)?)$/;

async function prepareFolder(dir: string): Promise<void> {
  const names = await writableFolder(dir);
  const isRun = names.includes("ledger.sqlite");
  if (!isRun && names.some((name) => !ownNames.test(name))) {
    throw storageTrouble("not-a-run", `The folder ${dir} holds other files and no run: name an empty or a new folder.`);
  }
}

/** Makes the folder where there is none and gives the names in it. */
async function writableFolder(dir: string): Promise<string[]> {
  try {
    await makeFolder(dir);
    await access(dir, constants.W_OK | constants.X_OK);
    return await readdir(dir);
  } catch (error) {
    throw unwritable(dir, error);
  }
}

function unwritable(dir: string, error: unknown): unknown {
  const problem = storageError(error, `the run folder ${dir}`);
  if (!(problem instanceof StorageError) || problem.failure.code === "disk-full") return problem;
  const reason = error instanceof Error ? error.message : String(error);
  return storageTrouble(
    "run-folder-unwritable",
    `The run folder ${dir} cannot be written: name another with --run, or mend its permissions (${reason}).`,
    error,
  );
}

async function findRun(dir: string): Promise<void> {
  try {
    await access(join(dir, "ledger.sqlite"), constants.R_OK);
  } catch (error) {
    throw storageTrouble("not-a-run", `There is no run in ${dir}: name a folder that generate has made.`, error);
  }
}
