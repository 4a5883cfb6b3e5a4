import { randomBytes } from "node:crypto";
import { open, rename, rm, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes a whole file or nothing: temporary name in the same folder, fsync, rename, fsync of the folder. */
export async function writeFileAtomic(path: string, data: Uint8Array | string, mode = 0o644): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // Drawn, because threads share a process id and a container gives the same one to every process that begins in it.
  const temporary = join(folder, `.${randomBytes(8).toString("hex")}.tmp`);
  const file = await open(temporary, "wx", mode);
  try {
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // The first error says more than one of the cleaning up.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** Makes the names in a folder (files made, renamed or removed there) survive power loss. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
