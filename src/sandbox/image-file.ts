import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { isDockerfile } from "./dockerfile.ts";

/** Whether an image is a file or folder of this host, by how it is written; else it is a name that an engine knows. A Dockerfile is one too. */
export function isImagePath(image: string): boolean {
  return /^([/~]|\.\.?\/)/.test(image) || /\.(tar|tgz|tar\.[a-z]+)$/.test(image) || isDockerfile(image);
}

/** By what the file looked like, so that gigabytes are hashed once a process. */
const known = new Map<string, string>();

/** SHA-256 of an image's tar, 64 hexadecimal digits. Throws what the file system says. */
export async function hashOfImageFile(path: string, signal: AbortSignal): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path);
  const key = [path, size, mtimeMs, ino].join("\n");
  const before = known.get(key);
  if (before !== undefined) return before;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  const digest = hash.digest("hex");
  known.set(key, digest);
  return digest;
}
