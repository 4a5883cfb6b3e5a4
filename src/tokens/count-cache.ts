import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Conversation } from "./conversation.ts";

/** Entries of the file; beyond it the oldest go. */
const mostConversations = 500_000;
/** Messages that are remembered in memory alone. */
const mostMessages = 200_000;

/**
 * Counts that need not be made again: of single turns in memory, of whole conversations in a file that several processes may use. It
 * holds hashes and numbers, no text. Whatever is wrong with the file, it is a cache: it is thrown away, or done without.
 */
export class CountCache implements Disposable {
  readonly #turns = new Map<string, number>();
  #database: DatabaseSync | null = null;
  #get: StatementSync | null = null;
  #put: StatementSync | null = null;
  #waiting: (readonly [key: Uint8Array, ends: readonly number[]])[] = [];

  /** `file`: in a folder that is there; null keeps everything in memory. */
  constructor(file: { readonly folder: string; readonly tokenizer: string } | null) {
    if (file === null) return;
    const path = join(file.folder, `${file.tokenizer}.sqlite`);
    if (this.#open(path)) return;
    for (const ending of ["", "-wal", "-shm"]) rmSync(path + ending, { force: true });
    this.#open(path);
  }

  #open(path: string): boolean {
    try {
      const database = new DatabaseSync(path, { timeout: 2000 });
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
      database.exec("CREATE TABLE IF NOT EXISTS counts (key BLOB PRIMARY KEY, ends BLOB NOT NULL)");
      this.#get = database.prepare("SELECT ends FROM counts WHERE key = ?");
      this.#put = database.prepare("INSERT OR IGNORE INTO counts (key, ends) VALUES (?, ?)");
      this.#database = database;
      return true;
    } catch {
      return false;
    }
  }

  turn(text: string): number | undefined {
    return this.#turns.get(keyOfTurn(text));
  }

  setTurn(text: string, tokens: number): void {
    if (this.#turns.size >= mostMessages) this.#turns.clear();
    this.#turns.set(keyOfTurn(text), tokens);
  }

  ends(key: Uint8Array): readonly number[] | null {
    try {
      const row = this.#get?.get(key);
      const bytes = row?.["ends"];
      if (!(bytes instanceof Uint8Array) || bytes.length % 4 !== 0) return null;
      return [...new Uint32Array(bytes.slice().buffer)];
    } catch {
      return this.#giveUp();
    }
  }

  setEnds(key: Uint8Array, ends: readonly number[]): void {
    if (this.#database === null) return;
    this.#waiting.push([key, ends]);
    if (this.#waiting.length >= 256) this.#write();
  }

  #write(): void {
    const [database, put] = [this.#database, this.#put];
    if (database === null || put === null || this.#waiting.length === 0) return;
    try {
      database.exec("BEGIN IMMEDIATE");
      for (const [key, ends] of this.#waiting) put.run(key, new Uint8Array(Uint32Array.from(ends).buffer));
      database.exec(`DELETE FROM counts WHERE rowid <= (SELECT max(rowid) FROM counts) - ${mostConversations}`);
      database.exec("COMMIT");
    } catch {
      this.#giveUp();
    }
    this.#waiting = [];
  }

  #giveUp(): null {
    this.#get = null;
    this.#put = null;
    try {
      this.#database?.close();
    } catch {
      // It is a cache.
    }
    this.#database = null;
    return null;
  }

  [Symbol.dispose](): void {
    this.#write();
    this.#giveUp();
  }
}

function keyOfTurn(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** Equal only for conversations that a template renders alike. */
export function keyOfConversation({ messages, tools }: Conversation): Uint8Array {
  return createHash("sha256")
    .update(JSON.stringify([messages, tools]))
    .digest();
}
