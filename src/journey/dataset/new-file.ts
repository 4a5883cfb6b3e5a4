import { createHash, randomBytes } from "node:crypto";
import { open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * One file in the making: under a temporary name beside its own until `place`; gone when it is disposed of before that. What a killed
 * process had of it is removed first.
 */
export class NewFile implements AsyncDisposable {
  readonly path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #isOpen = true;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** Its folder must be there. */
  static async open(path: string): Promise<NewFile> {
    await removeLeftovers(path);
    const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString("hex")}.tmp`);
    return new NewFile(path, temporary, await open(temporary, "wx"));
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    // Not the handle's `write`, which on a disk that is all but full may write a part and call that done.
    await this.#file.writeFile(bytes);
  }

  /** Everything has come and would survive power loss, under a temporary name. */
  async end(): Promise<void> {
    await this.#file.sync();
    await this.#close();
  }

  /** Gives what was ended its name; its SHA-256. */
  async place(): Promise<string> {
    await rename(this.#temporary, this.path);
    return this.#hash.digest("hex");
  }

  /** After `place` it does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close();
  }
}

async function removeLeftovers(path: string): Promise<void> {
  const names = await readdir(dirname(path));
  const ours = names.filter((name) => name.startsWith(`.${basename(path)}.`) && name.endsWith(".tmp"));
  for (const name of ours) await rm(join(dirname(path), name), { force: true });
}
