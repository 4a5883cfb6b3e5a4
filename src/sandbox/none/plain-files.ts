import { open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type { FileList, FileProblem, FileRead, FileWrite } from "../sandbox.ts";
import type { PathMap } from "./path-map.ts";

const problems: Readonly<Record<string, FileProblem>> = {
  ENOENT: "missing",
  EISDIR: "is-directory",
  ENOTDIR: "not-directory",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
};

/** Files by our own hands, where the path lies in the copy or wherever else it says. */
export class PlainFiles {
  readonly #map: PathMap;

  constructor(map: PathMap) {
    this.#map = map;
  }

  async stat(path: string): Promise<"file" | "directory" | "other" | null> {
    const found = path.startsWith("/") ? await stat(this.#map.toHost(path)).catch(() => null) : null;
    if (found === null) return null;
    return found.isFile() ? "file" : found.isDirectory() ? "directory" : "other";
  }

  async list(path: string): Promise<FileList> {
    const top = posix.normalize(path).replace(/(.)\/$/, "$1");
    try {
      const paths: string[] = [];
      for (const name of await shown(this.#map.toHost(top))) {
        const entry = posix.join(top, name.name);
        paths.push(entry);
        if (!name.isDirectory()) continue;
        const inner = await shown(this.#map.toHost(entry)).catch(() => []);
        paths.push(...inner.map((one) => posix.join(entry, one.name)));
      }
      return { ok: true, paths: [top, ...paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))] };
    } catch (error) {
      return { ok: false, problem: problemOf(error) };
    }
  }

  async read(path: string, limitBytes: number): Promise<FileRead> {
    try {
      const host = this.#map.toHost(path);
      const found = await stat(host);
      if (found.isDirectory()) return { ok: false, problem: "is-directory" };
      if (!found.isFile()) return { ok: false, problem: "other" };
      if (found.size > limitBytes) return { ok: false, problem: "too-large" };
      return { ok: true, bytes: await readFile(host) };
    } catch (error) {
      return { ok: false, problem: problemOf(error) };
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<FileWrite> {
    try {
      const host = this.#map.toHost(path);
      const found = await stat(host).catch(() => null);
      if (found !== null && !found.isFile()) return { ok: false, problem: found.isDirectory() ? "is-directory" : "other" };
      await using file = await open(host, "w", 0o644);
      await writeFile(file, bytes);
      return { ok: true };
    } catch (error) {
      return { ok: false, problem: problemOf(error) };
    }
  }
}

async function shown(folder: string) {
  return (await readdir(join(folder), { withFileTypes: true })).filter((entry) => !entry.name.startsWith("."));
}

function problemOf(error: unknown): FileProblem {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") throw error;
  return problems[error.code] ?? "other";
}
