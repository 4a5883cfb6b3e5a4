import { existsSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { holdsRun } from "../../ledger/run-folder.ts";

/** The place of a run folder as it was before a run was opened there. */
export interface RunPlace extends AsyncDisposable {
  /** Once disposed, after the run was closed, nothing of a new run is left; a run that was there already stays as it is. */
  takeBack(): void;
}

export async function noteRunPlace(dir: string): Promise<RunPlace> {
  const path = resolve(dir);
  const before = await readdir(path).catch(() => null);
  const wasRun = holdsRun(path);
  const missing = missingFolders(dirname(path));
  let taken = false;
  return {
    takeBack() {
      taken = !wasRun;
    },
    async [Symbol.asyncDispose]() {
      if (!taken) return;
      taken = false;
      const names = await readdir(path).catch(() => []);
      const made = before === null ? [path] : names.filter((name) => !before.includes(name)).map((name) => join(path, name));
      await Promise.all(made.map((entry) => rm(entry, { recursive: true, force: true, maxRetries: 3 })));
      // Another run may have come into a folder that we made.
      for (const folder of missing) await rmdir(folder).catch(() => undefined);
    },
  };
}

/** The folders on the way to this one that are not there, innermost first. */
function missingFolders(path: string): string[] {
  return existsSync(path) || dirname(path) === path ? [] : [path, ...missingFolders(dirname(path))];
}
