import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { diskUsage } from "../base/disk-usage.ts";

/**
 * Something on this host that `clean` may remove: a sandbox of a process that is gone, or an image or a cached snapshot that can be made
 * again. `name`: a path or id, for people. `bytes`: what removing it frees, as far as that is known. Removing what is gone already is no error; where it cannot be
 * removed, the error says why.
 */
export interface Leftover {
  readonly kind: "sandbox" | "image" | "cache";
  readonly name: string;
  readonly bytes: number;
  readonly remove: () => Promise<void>;
}

/** Everything in a folder, one leftover an entry. */
export async function leftoversIn(folder: string, kind: Leftover["kind"]): Promise<Leftover[]> {
  const names = (await readdir(folder).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1));
  return await Promise.all(names.map((name) => folderLeftover(join(folder, name), kind)));
}

export async function folderLeftover(path: string, kind: Leftover["kind"]): Promise<Leftover> {
  const bytes = await diskUsage(path);
  return { kind, name: path, bytes, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
