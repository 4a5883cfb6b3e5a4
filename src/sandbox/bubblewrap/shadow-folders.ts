import { chmod, chown, lstat, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../../base/hash.ts";
import { ownLabel } from "../process-label.ts";
import { runUnpacker } from "./unpack-layer.ts";

export interface ShadowOrder {
  /** Root folder of the image; null: the host's /usr. */
  readonly image: string | null;
  readonly user: number | null;
  readonly environment: NodeJS.ProcessEnv;
}

const dayMs = 24 * 3600_000;
let counter = 0;

/**
 * Folders of another owner cannot be written to from a build sandbox, not even in an overlay. Empty ones of our own, laid over them, can:
 * then files can be added and removed; those of another owner still can not be changed in place. Made once a day under `root`, so that folders new since
 * then are known. null: what lies there is our own.
 */
export async function findShadow({ image, user, environment }: ShadowOrder, root: string, signal: AbortSignal): Promise<string | null> {
  const below = image ?? "/usr";
  const { uid, ino } = await lstat(below);
  if (uid === (user ?? process.getuid?.())) return null;
  const day = Math.floor(Date.now() / dayMs);
  const place = join(root, `shadow-${sha256Hex(JSON.stringify([below, ino, user, day])).slice(0, 16)}`);
  if ((await stat(place).catch(() => null)) !== null) return place;
  const scratch = join(root, `making-${await ownLabel()}.shadow.${counter++}`);
  await mkdir(scratch);
  try {
    if (user !== null) await chown(scratch, user, user);
    await chmod(scratch, 0o755);
    const script =
      'cd "$1" && find . -xdev -type d ! -readable -prune -o -xdev -type d -print0 | (cd "$2" && xargs -0 mkdir -p --mode=755)';
    await runUnpacker({ user, environment, signal }, { program: "sh", args: ["-c", script, "sh", below, scratch], input: null });
    await rename(scratch, place).catch(async (error: unknown) => {
      if ((await stat(place).catch(() => null)) === null) throw error;
    });
    return place;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Removes those of days gone by, once no build can still lie over them. */
export async function sweepShadows(root: string): Promise<void> {
  for (const name of (await readdir(root).catch(() => [])).filter((each) => each.startsWith("shadow-"))) {
    const made = await stat(join(root, name)).catch(() => null);
    if (made !== null && made.birthtimeMs < Date.now() - 3 * dayMs) await rm(join(root, name), { recursive: true, force: true });
  }
}
