import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { extract, pack, type Pack } from "tar-stream";
import { z } from "zod";
import { hashOfImageFile } from "../image-file.ts";
import type { Engine } from "./engine.ts";
import { inspectImage } from "./inspect-image.ts";
import { isDiskFull } from "./engine-failure.ts";
import { EngineProblem } from "./engine-problem.ts";
import type { ImageDisk } from "./image-disk.ts";
import { ImageProblem } from "./image-problem.ts";
import { lastWords } from "./progress-words.ts";
import { labelNames } from "./names.ts";

export interface TarImport {
  readonly engine: Engine;
  readonly disk: ImageDisk;
  readonly path: string;
}

const Manifest = z.array(z.looseObject({ Config: z.string(), Layers: z.array(z.string()) })).min(1);

/** What `docker save` wrote, or a root file system, as an image under the hash of the file's bytes. Gives its id. */
export async function importTar(order: TarImport, signal: AbortSignal): Promise<string> {
  const key = (await hashOfImageFile(order.path, signal)).slice(0, 32);
  const known = await find(order.engine, key, signal);
  if (known !== null) return known;
  const saved = await isSaved(order.path, signal);
  const words = await (saved ? load(order, key, signal) : importRoot(order, key, signal)).catch(refusalOf);
  const id = words === null ? await find(order.engine, key, signal) : null;
  if (id === null)
    throw new ImageProblem("image-not-read", `The image ${order.path} could not be read: ${words ?? "the engine kept nothing"}`);
  await order.disk.used(id);
  await order.disk.trim(id);
  return id;
}

/** What is wrong with the tar is said as an HTTP status by some engines, among the lines of progress by others. */
function refusalOf(error: unknown): string {
  const isOfTar = error instanceof EngineProblem && error.status !== null && !isDiskFull(error.message);
  if (isOfTar) return error.message;
  throw error;
}

const repository = "apprentice-image";

async function find(engine: Engine, key: string, signal: AbortSignal): Promise<string | null> {
  return await inspectImage(engine, `${repository}:${key}`, signal);
}

async function importRoot({ engine, path }: TarImport, key: string, signal: AbortSignal): Promise<string | null> {
  const query = { fromSrc: "-", repo: `${repository}:${key}`, changes: `LABEL ${labelNames.tar}=${key}` };
  const body = createReadStream(path);
  return await lastWords(await engine.ask({ method: "POST", path: "/images/create", query, body }, signal));
}

/** With our name instead of the names inside, so that no image of the user's is renamed. */
async function load({ engine, path }: TarImport, key: string, signal: AbortSignal): Promise<string | null> {
  const body = await renamedArchive(path, `${repository}:${key}`, signal);
  return await lastWords(await engine.ask({ method: "POST", path: "/images/load", query: { quiet: "1" }, body }, signal));
}

/** Has the list that `docker save` writes; a tar that can not be looked into is left to the engine as a root file system. */
async function isSaved(path: string, signal: AbortSignal): Promise<boolean> {
  const names = new Set<string>();
  try {
    for await (const entry of await entriesOf(path, signal)) {
      const name = plainName(entry.header.name);
      names.add(name);
      if (name === "manifest.json" && Manifest.safeParse(parsed(await textOf(entry))).success) return true;
      entry.resume();
    }
  } catch {
    signal.throwIfAborted();
  }
  if (!names.has("oci-layout") || !names.has("index.json")) return false;
  throw new ImageProblem("image-not-read", `${path} is an OCI archive: save it in Docker's form (podman save --format docker-archive).`);
}

function plainName(name: string): string {
  return name.replace(/^\.\//, "");
}

async function textOf(entry: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type Entries = ReturnType<typeof extract>;

async function entriesOf(path: string, signal: AbortSignal): Promise<Entries> {
  const entries = extract();
  const opened = await opener(path);
  const chain = opened === null ? [createReadStream(path)] : [createReadStream(path), opened];
  pipeline([...chain, entries as unknown as Transform], { signal }).catch(() => {});
  return entries;
}

/** By the first bytes; null: not compressed. */
async function opener(path: string): Promise<Transform | null> {
  await using file = await open(path, "r");
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const magic = buffer.toString("hex");
  if (magic.startsWith("1f8b")) return createGunzip();
  return magic === "28b52ffd" ? createZstdDecompress() : null;
}

async function renamedArchive(path: string, name: string, signal: AbortSignal): Promise<Readable> {
  const archive = pack();
  copyRenamed({ archive, entries: await entriesOf(path, signal), name }).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(archive, { objectMode: false });
}

interface Copying {
  readonly archive: Pack;
  readonly entries: Entries;
  readonly name: string;
}

/** The newer index beside the list would bring the old names back. */
const otherLists = new Set(["repositories", "index.json", "oci-layout"]);

async function copyRenamed({ archive, entries, name }: Copying): Promise<void> {
  for await (const entry of entries) {
    const header = { ...entry.header, name: plainName(entry.header.name), pax: null };
    if (otherLists.has(header.name)) {
      entry.resume();
    } else if (header.name === "manifest.json") {
      archive.entry({ name: "manifest.json" }, renamedManifest(await textOf(entry), name));
    } else if (header.type === "file") {
      await pipeline(entry as unknown as Readable, archive.entry(header));
    } else {
      archive.entry(header);
      entry.resume();
    }
  }
}

function renamedManifest(text: string, name: string): string {
  const [image, ...others] = Manifest.parse(parsed(text));
  if (others.length > 0) throw new ImageProblem("image-not-read", `The tar holds ${others.length + 1} images: save one.`);
  return JSON.stringify([{ ...image, RepoTags: [name] }]);
}
