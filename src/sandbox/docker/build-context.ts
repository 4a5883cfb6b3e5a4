import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { Readable } from "node:stream";
import { ok, type Result } from "../../base/result.ts";
import type { Dockerfile } from "../dockerfile.ts";
import { tarBlockBytes, tarPadding, writeTarHeader } from "../tar-header.ts";
import { parseDockerignore, type Ignores } from "./dockerignore.ts";
import { tarOfFolder } from "./folder-tar.ts";

/** What a build may copy from: the files of a snapshot, less those that are to be ignored. */
export interface BuildContext {
  readonly folder: string;
  /** Paths in it, bytes as latin1, each folder before what it holds. */
  readonly paths: readonly string[];
  /** What is ignored, as it is written; null: nothing is. */
  readonly ignore: string | null;
  /** Of paths, modes and bytes; 64 hexadecimal digits. */
  readonly hash: string;
}

const ignoreName = ".dockerignore";
/** Larger files are not held whole. */
const mostHeldBytes = 4 * 1024 * 1024;

/** Reads a snapshot's folder. The error is a sentence. */
export async function readBuildContext(folder: string, dockerfile: Dockerfile, signal: AbortSignal): Promise<Result<BuildContext, string>> {
  const ignore = dockerfile.ignore ?? (await plainFile(`${folder}/${ignoreName}`));
  const ignores = parseDockerignore(ignore ?? "");
  if (!ignores.ok) return { ok: false, error: `a rule of its ${ignoreName} cannot be read: ${ignores.error}` };
  const hash = createHash("sha256");
  const paths: string[] = [];
  for await (const path of kept(folder, "", ignores.value)) {
    signal.throwIfAborted();
    paths.push(path);
    await addTo(hash, { folder, path });
  }
  hash.update(ignore ?? "");
  return ok({ folder, paths, ignore, hash: hash.digest("hex") });
}

/** As the engine reads it. `dockerfileName`: where the Dockerfile lies in it, which no step can copy. */
export function tarOfContext(
  context: BuildContext,
  dockerfile: { readonly name: string; readonly text: string },
  signal: AbortSignal,
): Readable {
  return Readable.from(context.paths.length === 0 ? onlyOurs(context, dockerfile) : all(context, dockerfile, signal), {
    objectMode: false,
  });
}

type Named = Parameters<typeof tarOfContext>[1];

/** The engine takes away from what can be copied its own two files, where they are to be ignored. */
function* ours({ ignore }: BuildContext, { name, text }: Named): Generator<Buffer> {
  yield* file(name, text);
  yield* file(ignoreName, ignore === null ? `${name}\n${ignoreName}\n` : `${ignore.replace(/\n?$/, "\n")}${name}\n`);
}

function* onlyOurs(context: BuildContext, dockerfile: Named): Generator<Buffer> {
  yield* ours(context, dockerfile);
  yield Buffer.alloc(2 * tarBlockBytes);
}

async function* all(context: BuildContext, dockerfile: Named, signal: AbortSignal): AsyncGenerator<Buffer> {
  yield* ours(context, dockerfile);
  const names = context.paths.filter((path) => path !== ignoreName).map((path) => `./${path}`);
  if (names.length === 0) yield Buffer.alloc(2 * tarBlockBytes);
  else yield* tarOfFolder({ folder: context.folder, names, isFlat: true }, signal);
}

function* file(name: string, text: string): Generator<Buffer> {
  const bytes = Buffer.from(text);
  yield writeTarHeader({ type: "0", mode: 0o644, size: bytes.length, name: Buffer.from(name), target: Buffer.alloc(0) });
  yield Buffer.concat([bytes, Buffer.alloc(tarPadding(bytes.length))]);
}

/** A folder comes where something in it does. */
async function* kept(folder: string, within: string, ignores: Ignores): AsyncGenerator<string> {
  const found = await readdir(bytesOf(folder, within), { withFileTypes: true, encoding: "buffer" });
  const entries = found
    .map((entry) => ({ path: within + entry.name.toString("latin1"), isFolder: entry.isDirectory() }))
    .filter(({ path }) => path !== ".git")
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, isFolder } of entries) {
    if (!isFolder) {
      if (!ignores(Buffer.from(path, "latin1").toString("utf8"))) yield path;
      continue;
    }
    let isOpened = false;
    for await (const below of kept(folder, `${path}/`, ignores)) {
      if (!isOpened) yield path;
      isOpened = true;
      yield below;
    }
  }
}

async function addTo(
  hash: ReturnType<typeof createHash>,
  { folder, path }: { readonly folder: string; readonly path: string },
): Promise<void> {
  const place = bytesOf(folder, path);
  const entry = await lstat(place);
  const kind = entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : (entry.mode & 0o111) === 0 ? "file" : "program";
  hash.update(`${JSON.stringify(path)} ${kind} ${entry.isFile() ? entry.size : 0}\n`);
  if (entry.isSymbolicLink()) hash.update(await readlink(place, "buffer")).update("\n");
  else if (entry.isFile() && entry.size <= mostHeldBytes) hash.update(await readFile(place));
  else if (entry.isFile()) for await (const chunk of createReadStream(place)) hash.update(chunk as Buffer);
}

function bytesOf(folder: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, "latin1")]);
}

/** Its text; null: there is none, or it is no file of its own. */
async function plainFile(path: string): Promise<string | null> {
  return (await lstat(path).catch(() => null))?.isFile() === true ? await readFile(path, "utf8") : null;
}
