import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const blockBytes = 512;

/** Bytes that a file or a folder with all beneath it takes on disk; links are not followed, hard links counted once, what cannot be read not at all. */
export async function diskUsage(path: string, seen = new Set<string>()): Promise<number> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return 0;
  const id = `${found.dev}:${found.ino}`;
  if (found.nlink > 1 && !found.isDirectory()) {
    if (seen.has(id)) return 0;
    seen.add(id);
  }
  let bytes = found.blocks * blockBytes;
  if (!found.isDirectory()) return bytes;
  for (const name of await readdir(path).catch(() => [])) bytes += await diskUsage(join(path, name), seen);
  return bytes;
}
