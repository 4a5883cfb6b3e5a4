import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Writes a whole file or nothing: temporary name in the same folder, fsync, rename, fsync of the folder. */
export async function writeFileAtomic(path: string, data: Uint8Array | string, mode = 0o644): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
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

/**
 * Makes a folder and those above it, each durable; one that is there stays as it is. Not `mkdir` with `recursive`: where folders cannot be
 * made (/proc) Node 24 tries for ever.
 */
export async function makeFolder(path: string): Promise<void> {
  if ((await makeOne(path)) === null) return;
  await makeFolder(dirname(path));
  const missing = await makeOne(path);
  if (missing !== null) throw missing;
}

/** What says that the folder above is not there; null: it stands. */
async function makeOne(path: string): Promise<Error | null> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "EEXIST" && (await isFolder(path))) return null;
    if (code === "ENOENT" && error instanceof Error) return error;
    throw error;
  }
  await syncFolder(dirname(path));
  return null;
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
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
