import { readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../base/atomic-file.ts";
import { isAlive, ownLabel } from "./process-label.ts";

export interface KeptFoldersOptions {
  readonly root: string;
  /** Which names in `root` are keys; the rest is left alone. */
  readonly isKey: (name: string) => boolean;
  /** Disk that all together may take. */
  readonly mostBytes: number;
  /** A folder that its owner may not simply remove; left out: it is. */
  readonly remove?: (folder: string) => Promise<void>;
}

const metadata = "kept";
let counter = 0;
/** How often this process has marked what, by the mark's path. */
const marks = new Map<string, number>();

/**
 * What a cache keeps in folders by key. The least recently used go when all together are over the cap, those that a living process has
 * marked never. Beside them lie `kept/KEY`, which holds the bytes and whose time is that of the last use, and `uses/KEY.PROCESS`.
 */
export class KeptFolders {
  readonly #options: KeptFoldersOptions;

  constructor(options: KeptFoldersOptions) {
    this.#options = options;
  }

  /** This process uses it from now on; to be said before it is looked for. */
  async mark(key: string): Promise<void> {
    const mark = await this.#markOf(key);
    marks.set(mark, (marks.get(mark) ?? 0) + 1);
    await makeFolder(this.#uses);
    await writeFile(mark, "");
  }

  /** This process uses it no more, once for each time it was marked. Left out where it does until it ends. */
  async release(key: string): Promise<void> {
    const mark = await this.#markOf(key);
    const left = (marks.get(mark) ?? 1) - 1;
    if (left > 0) return void marks.set(mark, left);
    marks.delete(mark);
    await rm(mark, { force: true });
  }

  /** It is there, was used just now, and takes so many bytes, asked for once; others may have to go for it. */
  async keep(key: string, bytes: () => Promise<number>): Promise<void> {
    const file = join(this.#options.root, metadata, key);
    const now = new Date();
    const isKnown = await utimes(file, now, now).then(
      () => true,
      () => false,
    );
    if (isKnown) return;
    await makeFolder(join(this.#options.root, metadata));
    await writeFile(file, String(await bytes()));
    await this.#trim();
  }

  /** Forgets the marks of dead processes, and removes what one was removing; gives the keys that are marked by living ones. */
  async sweep(): Promise<ReadonlySet<string>> {
    const keys = new Set<string>();
    for (const name of await readdir(this.#uses).catch(() => [])) {
      const [key = "", label = ""] = name.split(/\.(.*)/);
      if (await isAlive(label)) keys.add(key);
      else await rm(join(this.#uses, name), { force: true });
    }
    for (const name of await readdir(this.#options.root).catch(() => [])) {
      const label = /^going-(.*)\.\d+$/.exec(name)?.[1];
      if (label !== undefined && !(await isAlive(label))) await this.#remove(join(this.#options.root, name));
    }
    return keys;
  }

  get #uses(): string {
    return join(this.#options.root, "uses");
  }

  async #markOf(key: string): Promise<string> {
    return join(this.#uses, `${key}.${await ownLabel()}`);
  }

  async #trim(): Promise<void> {
    const { root, isKey, mostBytes } = this.#options;
    const folders: { key: string; bytes: number; usedAtMs: number }[] = [];
    for (const key of (await readdir(root)).filter(isKey)) {
      const file = join(root, metadata, key);
      const found = await stat(file).catch(() => null);
      if (found !== null) folders.push({ key, bytes: Number(await readFile(file, "utf8")), usedAtMs: found.mtimeMs });
    }
    let bytes = folders.reduce((sum, each) => sum + each.bytes, 0);
    const inUse = await this.sweep();
    for (const { key, bytes: freed } of folders.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (bytes <= mostBytes) return;
      if (inUse.has(key)) continue;
      await rm(join(root, metadata, key), { force: true });
      const aside = join(root, `going-${await ownLabel()}.${counter++}`);
      await rename(join(root, key), aside).catch(() => null);
      // Whoever marked it just now may have found it.
      if ((await this.sweep()).has(key)) await rename(aside, join(root, key)).catch(async () => await this.#remove(aside));
      else {
        await this.#remove(aside);
        bytes -= freed;
      }
    }
  }

  async #remove(folder: string): Promise<void> {
    const plainly = async (path: string): Promise<void> => await rm(path, { recursive: true, force: true, maxRetries: 3 });
    await (this.#options.remove ?? plainly)(folder);
  }
}
