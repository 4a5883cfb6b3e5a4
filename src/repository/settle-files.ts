import { chmodSync, lchownSync, lstatSync, lutimesSync, readdirSync } from "node:fs";
import type { Dirent } from "node:fs";
import { setImmediate } from "node:timers/promises";

/** `owner`: uid and gid, or null to leave them; `time`: epoch seconds, or null to leave it. */
export interface Settlement {
  readonly owner: number | null;
  readonly time: number | null;
}

const slash = Buffer.from("/");

/**
 * Gives everything under a folder, and the folder, modes that do not depend on our umask, one owner and one time. Links are
 * never followed, and names are bytes, because not all are UTF-8. Synchronous folder by folder: seven thousand
 * files take a fifth of the time of promises.
 */
export async function settleFiles(folder: Buffer, settlement: Settlement): Promise<void> {
  const entries: Dirent<Buffer>[] = readdirSync(folder, { withFileTypes: true, encoding: "buffer" });
  for (const entry of entries) {
    const path = Buffer.concat([folder, slash, entry.name]);
    if (entry.isDirectory()) await settleFiles(path, settlement);
    else settleOne(path, settlement);
  }
  settleOne(folder, settlement);
  await setImmediate();
}

function settleOne(path: Buffer, { owner, time }: Settlement): void {
  const { mode } = lstatSync(path);
  const isLink = (mode & 0o170000) === 0o120000;
  const settled = (mode & 0o100) === 0 ? 0o644 : 0o755;
  if (!isLink && (mode & 0o777) !== settled) chmodSync(path, settled);
  if (owner !== null) lchownSync(path, owner, owner);
  if (time !== null) lutimesSync(path, time, time);
}
