import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "../base/atomic-file.ts";
import { isAlive, ownLabel } from "./process-label.ts";

/**
 * Who uses a cache folder, so that `clean` takes nothing from under a live process. Both sides write their own name first and read the others'
 * after: of a user and a cleaner that begin together at least one sees the other.
 */
const folderName = "in-use";
const cleaning = "cleaning-";
const pollMs = 50;

const held = new Map<string, Promise<void>>();

/** Notes that this process uses a cache folder, for as long as it lives; waits while the folder is being cleaned. */
export function holdCache(root: string): Promise<void> {
  const known = held.get(root);
  if (known !== undefined) return known;
  const noting = hold(root);
  held.set(root, noting);
  noting.catch(() => held.delete(root));
  return noting;
}

async function hold(root: string): Promise<void> {
  const folder = join(root, folderName);
  await makeFolder(folder);
  await writeFile(join(folder, await ownLabel()), "");
  while ((await labelsIn(folder)).cleaners.length > 0) await sleep(pollMs);
}

/** A cache folder being cleaned: nobody begins to use it meanwhile. `users`: labels of the live processes that use it, so that it must be left. */
export interface CacheClaim extends AsyncDisposable {
  readonly users: readonly string[];
}

export async function claimCache(root: string): Promise<CacheClaim> {
  const folder = join(root, folderName);
  const mark = join(folder, `${cleaning}${await ownLabel()}`);
  await makeFolder(folder);
  await writeFile(mark, "");
  const { users } = await labelsIn(folder);
  return { users, [Symbol.asyncDispose]: () => rm(mark, { force: true }) };
}

/** Labels of live processes; those of dead ones are removed. */
async function labelsIn(folder: string): Promise<{ readonly users: string[]; readonly cleaners: string[] }> {
  const users: string[] = [];
  const cleaners: string[] = [];
  for (const name of await readdir(folder)) {
    const label = name.startsWith(cleaning) ? name.slice(cleaning.length) : name;
    if (!(await isAlive(label))) await rm(join(folder, name), { force: true });
    else (label === name ? users : cleaners).push(label);
  }
  return { users, cleaners };
}
