import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeGitDir } from "./git-dir.ts";
import type { SourceEntry } from "./import-tree.ts";

/** Objects and packs by git's own names for them: nothing else of an `objects` folder is taken, its alternates least of all. */
const objectPath = /^objects\/(?:[0-9a-f]{2}\/[0-9a-f]{38}(?:[0-9a-f]{24})?|pack\/pack-[0-9a-f]{40}(?:[0-9a-f]{24})?\.(?:pack|idx))$/;
const refPath = /^refs\/(?:heads|tags)\/[A-Za-z0-9][\w./-]*$/;
const id = "[0-9a-f]{40}(?:[0-9a-f]{24})?";
const largestText = 64 * 1024 * 1024;

/**
 * The git folder of an archived work tree, taken apart and put together anew: objects, branches and tags, and which commit is checked out.
 * Settings, hooks, alternates and ways to other folders never reach this machine's disk.
 */
export class ArchivedGit {
  readonly gitDir: string;
  readonly #texts = new Map<string, string>();
  #objects = 0;

  constructor(gitDir: string) {
    this.gitDir = gitDir;
  }

  /** `path`: below the git folder. False: this entry is none that is taken. */
  async take(path: string, entry: SourceEntry): Promise<boolean> {
    if (entry.kind !== "file") return false;
    if (objectPath.test(path)) {
      const place = join(this.gitDir, path);
      await mkdir(dirname(place), { recursive: true });
      await pipeline(entry.content, createWriteStream(place, { flags: "wx" }));
      this.#objects++;
      return true;
    }
    const isText = ["HEAD", "packed-refs", "shallow", "config"].includes(path) || (refPath.test(path) && !path.includes(".."));
    if (!isText || entry.size > largestText) return false;
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    this.#texts.set(path, Buffer.concat(chunks).toString("utf8"));
    return true;
  }

  /** Whether what was taken is a git folder. */
  get isWhole(): boolean {
    return this.#objects > 0 && this.#head !== null;
  }

  get hash(): "sha1" | "sha256" {
    return /^\s*objectformat\s*=\s*sha256\s*$/im.test(this.#texts.get("config") ?? "") ? "sha256" : "sha1";
  }

  /** Puts the rest in its place. */
  async finish(): Promise<void> {
    await makeGitDir({ path: this.gitDir, hash: this.hash, bare: true, head: this.#head ?? "", alternates: [] });
    for (const [name, text] of this.#texts) {
      const plain = plainText(name, text);
      if (plain === null) continue;
      await mkdir(dirname(join(this.gitDir, name)), { recursive: true });
      await writeFile(join(this.gitDir, name), plain);
    }
  }

  get #head(): string | null {
    const head = (this.#texts.get("HEAD") ?? "").trim();
    return new RegExp(`^(?:${id}|ref: refs/heads/[A-Za-z0-9][\\w./-]*)$`).test(head) && !head.includes("..") ? head : null;
  }
}

/** Only lines that name objects; null: not written here. */
function plainText(name: string, text: string): string | null {
  if (name === "HEAD" || name === "config") return null;
  const line = name === "packed-refs" ? `(?:\\^${id}|${id} refs/(?:heads|tags)/[A-Za-z0-9][\\w./-]*)` : id;
  const lines = text.split("\n").filter((candidate) => new RegExp(`^${line}$`).test(candidate) && !candidate.includes(".."));
  return lines.length === 0 ? null : `${lines.join("\n")}\n`;
}
