import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import type { PathBytes } from "./path-bytes.ts";
import { gitFailure, startGit } from "./run-git.ts";
import type { GitProcess } from "./run-git.ts";
import type { ListedEntry } from "./snapshot-listing.ts";
import { writeChunk } from "./write-chunk.ts";

/** The branch a snapshot's one commit is on. */
export const snapshotBranch = "refs/heads/main";

/** When a snapshot's commit says it was made, and when its files say they were changed: 2024-01-01, epoch seconds. */
export const snapshotTime = 1_704_067_200;

const person = `Apprentice <apprentice@localhost> ${snapshotTime} +0000`;

export interface ImportedTree {
  readonly tree: string;
  readonly commit: string;
}

/**
 * Builds a tree from a commit and changes to it, with one git process that reads no index and no work tree, so that its time
 * depends on what changed alone. Paths are only ever names in a tree: no file is made of them. A dead git shows at `finish`.
 */
export class TreeImport implements AsyncDisposable {
  readonly #git: GitProcess;

  /** `gitDir` takes the new objects. */
  constructor(gitDir: string, signal: AbortSignal) {
    const args = ["fast-import", "--quiet", "--done", "--depth=0"];
    // Objects that are thrown away soon are not worth compressing, and stay in one file however few.
    this.#git = startGit({ gitDir, args, config: { "core.compression": "0", "fastimport.unpackLimit": "0" } }, signal);
  }

  /** Adds a blob of exactly `size` bytes. */
  async blob(size: number, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    await this.#write(`blob\ndata ${size}\n`);
    for await (const chunk of chunks) await this.#write(chunk);
    await this.#write("\n");
  }

  /**
   * Commits what `base` (a commit id, which becomes the parent; null: nothing) becomes by `changes` (null: gone) on the snapshot
   * branch, with a fixed author, date and message. Nothing can be added after it.
   */
  async finish(
    base: string | null,
    changes: readonly (readonly [PathBytes, ListedEntry | null])[],
  ): Promise<Result<ImportedTree, Failure>> {
    await this.#write(`commit ${snapshotBranch}\nmark :1\nauthor ${person}\ncommitter ${person}\ndata <<.\nSnapshot\n.\n`);
    if (base !== null) await this.#write(`from ${base}\n`);
    // Deletions first: a file may stand where a folder was, and the other way round.
    for (const [path, entry] of changes) if (entry === null) await this.#write(`D ${quoted(path)}\n`);
    for (const [path, entry] of changes) if (entry !== null) await this.#write(`M ${entry.mode} ${entry.blob} ${quoted(path)}\n`);
    await this.#write(`ls ""\n\nget-mark :1\ndone\n`);
    this.#git.stdin.end();
    const printed: Buffer[] = [];
    for await (const chunk of this.#git.output) printed.push(chunk);
    const exit = await this.#git.exit;
    const ids = /^040000 tree ([0-9a-f]+)\t\n([0-9a-f]+)\n$/.exec(Buffer.concat(printed).toString("latin1"));
    const [, tree, commit] = ids ?? [];
    if (exit.exitCode !== 0 || tree === undefined || commit === undefined) return err(gitFailure("building a tree", exit));
    return ok({ tree, commit });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#git.kill();
    await this.#git.exit;
  }

  async #write(chunk: Uint8Array | string): Promise<void> {
    await writeChunk(this.#git.stdin, chunk);
  }
}

/** In C's quotes, everything but plain ASCII as octal. */
function quoted(path: PathBytes): string {
  const escaped = path.replace(/["\\]|[^ -~]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return `"${escaped}"`;
}
