import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFolder } from "../../base/atomic-file.ts";
import { SampleFacts } from "./sample-facts.ts";

/** Rows of the file; beyond it the oldest go. */
const mostRows = 1_000_000;
const rowsAWrite = 512;

/** The rooms whose code decides what the facts are. */
const rooms = ["base", "records", "patch", "toolsets", "formats", "journey/dataset", "journey/import"];

/** Hash of that code's own files: facts of other rules are never taken for those of today's. */
function codeFingerprint(): string {
  const hash = createHash("sha256");
  const root = join(import.meta.dirname, "..", "..");
  for (const room of rooms) {
    const names = readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).filter(
      (name) => /\.[jt]s$/.test(name) && !/\.(?:test|conformance)\./.test(name),
    );
    for (const name of names.toSorted()) hash.update(`${room}/${name}\n`).update(readFileSync(join(root, room, name)));
  }
  return hash.digest("hex");
}

/**
 * Facts of samples by what determines them, in a file that several processes may use. Hashes and numbers, no text. Whatever is wrong
 * with it, it is a cache: it is done without.
 */
export class FactsCache implements Disposable {
  readonly #seed: string;
  #database: DatabaseSync | null = null;
  readonly #waiting = new Map<string, string>();

  private constructor(seed: string, database: DatabaseSync | null) {
    this.#seed = seed;
    this.#database = database;
  }

  /** `determinedBy`: what besides the sample decides its facts, such as the tokenizer. */
  static async open(folder: string, determinedBy: readonly unknown[]): Promise<FactsCache> {
    const seed = createHash("sha256").update(codeFingerprint()).update(JSON.stringify(determinedBy)).digest("hex");
    try {
      await makeFolder(folder);
      const database = new DatabaseSync(join(folder, "facts.sqlite"), { timeout: 2000 });
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
      database.exec("CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, facts TEXT NOT NULL)");
      return new FactsCache(seed, database);
    } catch {
      return new FactsCache(seed, null);
    }
  }

  get(...sample: readonly string[]): SampleFacts | null {
    try {
      const row = this.#database?.prepare("SELECT facts FROM facts WHERE key = ?").get(this.#keyOf(sample));
      return row === undefined ? null : (SampleFacts.safeParse(JSON.parse(String(row["facts"]))).data ?? null);
    } catch {
      return null;
    }
  }

  put(facts: SampleFacts, ...sample: readonly string[]): void {
    if (this.#database === null) return;
    this.#waiting.set(this.#keyOf(sample), JSON.stringify(facts));
    if (this.#waiting.size >= rowsAWrite) this.#write();
  }

  #keyOf(sample: readonly string[]): string {
    return createHash("sha256")
      .update(JSON.stringify([this.#seed, ...sample]))
      .digest("base64");
  }

  #write(): void {
    try {
      const put = this.#database?.prepare("INSERT OR REPLACE INTO facts (key, facts) VALUES (?, ?)");
      this.#database?.exec("BEGIN IMMEDIATE");
      for (const [key, facts] of this.#waiting) put?.run(key, facts);
      this.#database?.exec(`DELETE FROM facts WHERE rowid <= (SELECT max(rowid) FROM facts) - ${mostRows}`);
      this.#database?.exec("COMMIT");
    } catch {
      // It is a cache.
    }
    this.#waiting.clear();
  }

  [Symbol.dispose](): void {
    if (this.#waiting.size > 0) this.#write();
    try {
      this.#database?.close();
    } catch {
      // It is a cache.
    }
    this.#database = null;
  }
}
