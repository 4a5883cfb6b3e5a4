import { randomUUID } from "node:crypto";
import type { Scrubber } from "../../base/secret.ts";
import { JournalEntry } from "../../records/journal-entry.ts";
import type { Journal } from "../journal.ts";
import { scrubbedJson } from "../scrubbed-json.ts";
import type { Database } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";
import { leaseLost, type Lease, type PostgresStoreOptions } from "./postgres-store.ts";

interface Line {
  readonly number: number;
  readonly key: string;
  readonly body: string;
  readonly lease: Lease | null;
}

const batchEntries = 500;
const pageEntries = 500;

/** The journal of one run in a database that several processes write at once; entries of one key come from one process at a time. */
export class PostgresJournal implements Journal {
  readonly #database: Database;
  readonly #run: string;
  readonly #scrubber: Scrubber;
  readonly #isWritable: boolean;
  /** Names this process's entries, so that a batch sent again after a lost connection adds none. */
  readonly #writer = randomUUID();
  readonly #commits = new GroupCommit<Line>(batchEntries, async (batch) => await this.#insert(batch));
  #number = 0;

  constructor({ database, run, scrubber, write }: PostgresStoreOptions) {
    this.#database = database;
    this.#run = run;
    this.#scrubber = scrubber;
    this.#isWritable = write;
  }

  async write(entry: JournalEntry, lease: Lease | null = null): Promise<void> {
    if (!this.#isWritable) throw new Error("write on a journal that is open for reading only");
    const body = scrubbedJson(JSON.stringify(entry), this.#scrubber);
    await this.#commits.add({ number: this.#number++, key: entry.key, body, lease });
  }

  /** The same journal, whose writes are refused once somebody else has the lease. Disposing it closes nothing. */
  under(lease: Lease): Journal {
    return {
      write: async (entry) => await this.write(entry, lease),
      read: async (key) => await this.read(key),
      entries: () => this.entries(),
      check: async () => await this.check(),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async read(key: string): Promise<readonly JournalEntry[]> {
    const rows = await this.#database.rows<{ body: string }>("SELECT body FROM apprentice.entry WHERE run = $1 AND key = $2 ORDER BY id", [
      this.#run,
      key,
    ]);
    return rows.map(({ body }) => JSON.parse(body) as JournalEntry);
  }

  async *entries(): AsyncIterable<JournalEntry> {
    for await (const { body } of this.#rows()) yield JSON.parse(body) as JournalEntry;
  }

  async check(): Promise<string[]> {
    const problems: string[] = [];
    for await (const { id, body } of this.#rows()) {
      const entry = JournalEntry.safeParse(JSON.parse(body));
      const issue = entry.error?.issues[0];
      if (issue !== undefined) problems.push(`journal: entry ${id} is not valid: ${issue.path.join(".")}: ${issue.message}`);
    }
    return problems;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commits[Symbol.asyncDispose]();
  }

  /** The leases of the batch cannot change hands before it is committed: whoever takes one waits, then reads what was written. */
  async #insert(batch: readonly Line[]): Promise<readonly (Error | null)[]> {
    const numbers = batch.map(({ number }) => number);
    const made = await this.#database.rows<{ number: string }>(
      `WITH held AS (
         SELECT subject, token FROM apprentice.lease WHERE run = $1 AND subject = ANY($6::text[]) ORDER BY subject FOR SHARE
       )
       INSERT INTO apprentice.entry (run, writer, number, key, body)
       SELECT $1, $2, line.number, line.key, line.body
       FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[]) AS line (number, key, body, subject, token)
       WHERE line.subject IS NULL OR EXISTS (SELECT FROM held WHERE held.subject = line.subject AND held.token = line.token)
       ORDER BY line.number
       ON CONFLICT DO NOTHING RETURNING number`,
      [
        this.#run,
        this.#writer,
        numbers,
        batch.map(({ key }) => key),
        batch.map(({ body }) => body),
        batch.map(({ lease }) => lease?.subject ?? null),
        batch.map(({ lease }) => lease?.token ?? null),
      ],
    );
    if (made.length === batch.length) return batch.map(() => null);
    // What is missing was refused, or is there from before the connection was lost.
    const there = await this.#database.rows<{ number: string }>(
      "SELECT number FROM apprentice.entry WHERE run = $1 AND writer = $2 AND number = ANY($3::bigint[])",
      [this.#run, this.#writer, numbers],
    );
    const written = new Set(there.map(({ number }) => Number(number)));
    return batch.map(({ number }) => (written.has(number) ? null : leaseLost()));
  }

  async *#rows(): AsyncIterable<{ readonly id: string; readonly body: string }> {
    let after = "0";
    for (;;) {
      const page = await this.#database.rows<{ id: string; body: string }>(
        `SELECT id, body FROM apprentice.entry WHERE run = $1 AND id > $2 ORDER BY id LIMIT ${pageEntries}`,
        [this.#run, after],
      );
      yield* page;
      if (page.length < pageEntries) return;
      after = page.at(-1)?.id ?? after;
    }
  }
}
