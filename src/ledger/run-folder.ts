import { existsSync } from "node:fs";
import { access, constants, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { makeFolder, writeFileAtomic } from "../base/atomic-file.ts";
import { storageError, StorageError, storageTrouble } from "./storage-error.ts";

const ledgerName = "ledger.sqlite";
const placeName = "database.json";

/** Where a run lies whose stores are in a database: its id there, and the variable that holds the database's address. */
const DatabasePlace = z.strictObject({ version: z.literal(1), run: z.uuid(), database: z.string().startsWith("env:") });
export type DatabasePlace = z.infer<typeof DatabasePlace>;

/** Is there a run in this folder, of whatever form? */
export function holdsRun(dir: string): boolean {
  return existsSync(join(dir, ledgerName)) || existsSync(join(dir, placeName));
}

/** Null: the run of this folder, if there is one, has its stores in it. Throws a StorageError where the file is damaged. */
export async function readPlace(dir: string): Promise<DatabasePlace | null> {
  const path = join(dir, placeName);
  if (!existsSync(path)) return null;
  try {
    return DatabasePlace.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw storageTrouble("not-a-run", `The file ${path} is damaged: it should name the run and the variable of its database.`, error);
  }
}

export async function writePlace(dir: string, place: DatabasePlace): Promise<void> {
  await writeFileAtomic(join(dir, placeName), `${JSON.stringify(place)}\n`);
}

/** What a run folder may hold before its ledger is made: the rest would be somebody's own folder. */
const ownNames =
  /^(config\.yaml|log\.jsonl|lock|lock-holder\.json|journal|artifacts|dataset|report\.html|\..*\.tmp|ledger\.sqlite(-\w+)?|database\.json)$/;

/** Makes the folder where there is none. Throws a StorageError: `not-a-run`, `run-folder-unwritable`, `disk-full`. */
export async function prepareFolder(dir: string): Promise<void> {
  const names = await writableFolder(dir);
  if (!holdsRun(dir) && names.some((name) => !ownNames.test(name))) {
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

/** Throws a StorageError where there is no run with its stores in this folder. */
export async function findRun(dir: string): Promise<void> {
  try {
    await access(join(dir, ledgerName), constants.R_OK);
  } catch (error) {
    throw storageTrouble("not-a-run", `There is no run in ${dir}: name a folder that generate has made.`, error);
  }
}
