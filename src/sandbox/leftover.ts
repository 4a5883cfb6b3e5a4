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

/** Everything in a folder of the cache, one leftover an entry; what is noted of an entry beside it (kept-folders.ts) goes with it. */
export async function leftoversIn(folder: string, kind: Leftover["kind"]): Promise<Leftover[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !notes.includes(name));
  const leftovers = names
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map(async (name) => {
      const leftover = await folderLeftover(join(folder, name), kind);
      const remove = async (): Promise<void> => {
        await leftover.remove();
        await rm(join(folder, "kept", name), { force: true });
      };
      return { ...leftover, remove };
    });
  return await Promise.all(leftovers);
}

/** Of what is kept, when it was used, and by whom. */
const notes = ["kept", "uses"];

export async function folderLeftover(path: string, kind: Leftover["kind"]): Promise<Leftover> {
  const bytes = await diskUsage(path);
  return { kind, name: path, bytes, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
