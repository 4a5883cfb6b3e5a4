import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, constants, mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncFolder } from "../../base/atomic-file.ts";
import { sha256Hex } from "../../base/hash.ts";
import type { Scrubber } from "../../base/secret.ts";
import type { Artifacts } from "../artifacts.ts";
import { scrubbedText } from "../scrubbed-json.ts";
import { atStorage } from "../storage-error.ts";
import { FolderSync } from "./folder-sync.ts";
import { Slots } from "./slots.ts";

export interface LocalArtifactsOptions {
  readonly folder: string;
  readonly scrubber: Scrubber;
  /** A writer removes what killed processes left half-written, so it must hold the run's lock. */
  readonly write: boolean;
}

/** Opens the artifacts of a run: one file each, `ab/<sha256>`. Throws StorageError. */
export async function openLocalArtifacts(options: LocalArtifactsOptions): Promise<Artifacts> {
  if (options.write) await atStorage(what, async () => await makeFolders(options.folder));
  return new LocalArtifacts(options);
}

const what = "an artifact";
const idPattern = /^[0-9a-f]{64}$/;
const foldersPattern = /^[0-9a-f]{2}$/;
/** Files open at once, well under the usual limit of 1,024 of a process. */
const openFiles = 32;

class LocalArtifacts implements Artifacts {
  readonly #options: LocalArtifactsOptions;
  readonly #slots = new Slots(openFiles);
  readonly #folderSync = new FolderSync();
  readonly #stored = new Map<string, Promise<void>>();
  #temporaries = 0;

  constructor(options: LocalArtifactsOptions) {
    this.#options = options;
  }

  async put(content: Uint8Array | string): Promise<string> {
    const bytes = typeof content === "string" ? Buffer.from(scrubbedText(content, this.#options.scrubber)) : content;
    const id = sha256Hex(bytes);
    await this.#storeOnce(id, async () => {
      if (await this.#isThere(id, bytes.length)) return;
      await this.#arrive(async (file) => {
        await file.writeFile(bytes);
        return id;
      });
    });
    return id;
  }

  async putFile(path: string): Promise<string> {
    this.#mustWrite();
    const id = await atStorage(what, async () => await this.#slots.run(async () => await this.#arrive((file) => copyHashed(path, file))));
    await atStorage(what, async () => await this.#sync(id));
    return id;
  }

  async get(id: string): Promise<Uint8Array | null> {
    if (!idPattern.test(id)) return null;
    return await atStorage(what, async () => await this.#slots.run(async () => await unlessMissing(readFile(this.#path(id)), null)));
  }

  async getFile(id: string, path: string): Promise<boolean> {
    if (!idPattern.test(id) || !(await atStorage(what, async () => await this.#isThere(id)))) return false;
    await atStorage(what, async () => await copyFile(this.#path(id), path, constants.COPYFILE_FICLONE));
    return true;
  }

  async *ids(): AsyncIterable<string> {
    for (const folder of await this.#folders()) {
      const names = await atStorage(what, async () => await readdir(join(this.#options.folder, folder)));
      yield* names.filter((name) => idPattern.test(name)).toSorted();
    }
  }

  async check(): Promise<string[]> {
    const problems: string[] = [];
    for await (const id of this.ids()) {
      const hash = await atStorage(what, async () => await hashOfFile(this.#path(id)));
      if (hash !== id) problems.push(`artifacts: ${id} is damaged: its bytes have the hash ${hash}`);
    }
    return problems;
  }

  /** Puts of the same bytes at the same time are one write; a failed one may be tried again. */
  async #storeOnce(id: string, store: () => Promise<void>): Promise<void> {
    this.#mustWrite();
    const running = this.#stored.get(id);
    if (running) return await running;
    const storing = atStorage(what, async () => {
      await this.#slots.run(store);
      await this.#sync(id);
    }).finally(() => this.#stored.delete(id));
    this.#stored.set(id, storing);
    await storing;
  }

  /** Also for one that was there: the process that made it may have been killed before its name was durable. */
  async #sync(id: string): Promise<void> {
    await this.#folderSync.sync(dirname(this.#path(id)));
  }

  async #arrive(fill: (file: FileHandle) => Promise<string>): Promise<string> {
    const temporary = join(incoming(this.#options.folder), `${process.pid}-${this.#temporaries++}`);
    try {
      await using file = await open(temporary, "wx");
      const id = await fill(file);
      await file.sync();
      await rename(temporary, this.#path(id));
      return id;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** With `size`: whole, too. A file of another size is damage, which a new write mends. */
  async #isThere(id: string, size?: number): Promise<boolean> {
    const found = await unlessMissing(stat(this.#path(id)), null);
    return found !== null && (size === undefined || found.size === size);
  }

  async #folders(): Promise<string[]> {
    const names = await atStorage(what, async () => await unlessMissing(readdir(this.#options.folder), []));
    return names.filter((name) => foldersPattern.test(name)).toSorted();
  }

  #path(id: string): string {
    return join(this.#options.folder, id.slice(0, 2), id);
  }

  #mustWrite(): void {
    if (!this.#options.write) throw new Error("put on artifacts that are open for reading only");
  }
}

function incoming(folder: string): string {
  return join(folder, "incoming");
}

/** All folders at once, so that no put has to make and sync one. */
async function makeFolders(folder: string): Promise<void> {
  await rm(incoming(folder), { recursive: true, force: true });
  await mkdir(incoming(folder), { recursive: true });
  for (let byte = 0; byte < 256; byte++) await mkdir(join(folder, byte.toString(16).padStart(2, "0")), { recursive: true });
  await syncFolder(folder);
  await syncFolder(dirname(folder));
}

/** Copies a file as a stream and gives its hash. */
async function copyHashed(path: string, file: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return hash.digest("hex");
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

async function unlessMissing<Value, Absent>(found: Promise<Value>, absent: Absent): Promise<Value | Absent> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return absent;
    throw error;
  }
}
