import { chmod, chown, lstat, mkdir, mkdtemp, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { diskUsage } from "../../base/disk-usage.ts";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { holdCache } from "../cache-use.ts";
import { KeptFolders } from "../kept-folders.ts";
import { isDockerfile, needsEngine } from "../dockerfile.ts";
import { hashOfImageFile } from "../image-file.ts";
import { cancelled, notOpened } from "../sandbox-failure.ts";
import { layersOf } from "./image-layers.ts";
import { makeReachable } from "./support-files.ts";
import { clearWhiteouts, runUnpacker, UnpackProblem, type Unpacker } from "./unpack-layer.ts";

export interface ImageRequest {
  readonly image: string;
  readonly cacheRoot: string;
  /** Who shall own what is unpacked; null: whoever runs us. */
  readonly user: number | null;
  readonly environment: NodeJS.ProcessEnv;
}

/** Disk that unpacked images may take. */
const mostBytes = 20 * 1024 ** 3;

/** By what the file looked like, so that gigabytes are hashed once a process. */
const unpacked = new Map<string, Promise<string>>();

/** A root folder stands for itself, a tar for its bytes. */
export async function imageIdentity(image: string, signal: AbortSignal): Promise<Result<string, Failure>> {
  const found = await stat(image).catch(() => null);
  if (found === null) return noImageAt(image);
  if (found.isDirectory()) return ok(image);
  if (isDockerfile(image)) return needsEngine("bubblewrap", image);
  return ok(`tar:${await hashOfImageFile(image, signal)}`);
}

function noImageAt(image: string): { readonly ok: false; readonly error: Failure } {
  return notOpened(`There is no image at ${image}.`, { code: "image-not-found", wholeRun: true, retryable: false });
}

/** The root folder of an image: itself where it is a folder, else a tar that is unpacked once, under the hash of its bytes. */
export async function findImage(request: ImageRequest, signal: AbortSignal): Promise<Result<string, Failure>> {
  const found = await stat(request.image).catch(() => null);
  if (found === null) return noImageAt(request.image);
  if (found.isDirectory()) return ok(request.image);
  if (isDockerfile(request.image)) return needsEngine("bubblewrap", request.image);
  const key = [request.cacheRoot, request.image, found.size, found.mtimeMs, found.ino].join("\n");
  let folder = unpacked.get(key);
  if (folder === undefined) {
    folder = unpackOnce(request, signal);
    unpacked.set(key, folder);
    folder.catch(() => unpacked.delete(key));
  }
  try {
    return ok(await folder);
  } catch (error) {
    if (signal.aborted) return cancelled();
    if (!(error instanceof UnpackProblem)) throw error;
    return notOpened(`The image ${request.image} could not be unpacked: ${error.message}`, { wholeRun: true, retryable: false });
  }
}

async function unpackOnce(request: ImageRequest, signal: AbortSignal): Promise<string> {
  await holdCache(request.cacheRoot);
  const hash = await hashOfImageFile(request.image, signal);
  const images = join(request.cacheRoot, "images");
  await makeReachable(request.cacheRoot);
  await makeReachable(images);
  const name = `${hash.slice(0, 32)}-${request.user ?? "own"}`;
  const place = join(images, name);
  const kept = new KeptFolders({ root: images, isKey: (entry) => /^[0-9a-f]{32}-\w+$/.test(entry), mostBytes });
  await kept.mark(name);
  if ((await stat(place).catch(() => null)) !== null) {
    await kept.keep(name, async () => await diskUsage(place));
    return place;
  }
  const scratch = await mkdtemp(join(images, "unpacking-"));
  try {
    await chmod(scratch, 0o711);
    const root = await unpack({ ...request, signal }, scratch);
    await rename(root, place).catch(async (error: unknown) => {
      if ((await stat(place).catch(() => null)) === null) throw error;
    });
    await kept.keep(name, async () => await diskUsage(place));
    return place;
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function unpack(unpacker: Unpacker & ImageRequest, scratch: string): Promise<string> {
  const first = await ownFolder(join(scratch, "first"), unpacker.user);
  await extract(unpacker, unpacker.image, first);
  const layers = await layersOf(first, (path) => readFile(path, "utf8").catch(() => null));
  if (layers === null) return first;
  const root = await ownFolder(join(scratch, "root"), unpacker.user);
  for (const layer of layers) {
    const path = join(first, layer);
    // The archive is not ours: a link in it must not lead us to a file of this host.
    if (!(await lstat(path)).isFile()) throw new UnpackProblem(`its layer ${layer} is not a file`);
    await clearWhiteouts(unpacker, { layer: path, root });
    await extract(unpacker, path, root);
  }
  return root;
}

async function ownFolder(path: string, user: number | null): Promise<string> {
  await mkdir(path);
  if (user !== null) await chown(path, user, user);
  await chmod(path, 0o755);
  return path;
}

/** The tar is opened by us, who may read it, and read by the one who shall own the files. */
async function extract(unpacker: Unpacker, tar: string, folder: string): Promise<void> {
  const file = await open(tar, "r");
  try {
    const args = ["--extract", "--no-same-owner", "--exclude=./dev/*", "--exclude=dev/*", "--exclude=.wh.*", "--directory", folder];
    await runUnpacker(unpacker, { program: "tar", args, input: file });
  } finally {
    await file.close();
  }
  // Another layer, and the removal of all, must be able to change what this one has.
  await runUnpacker(unpacker, { program: "chmod", args: ["-R", "u+rwX", folder], input: null });
}
