import type { Pool, QueryResult, QueryResultRow } from "pg";
import { pause } from "../../base/deadline.ts";
import { driverMissing, StorageError, storageTrouble } from "../storage-error.ts";
import { lostConnection, postgresTrouble, reasonOf } from "./postgres-error.ts";
import { schemaStatements, schemaVersion } from "./schema.ts";

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`: a secret, never written. */
  readonly url: string;
  /** Connections at most; each store's writes go one after the other, so a few are enough. */
  readonly connections?: number;
  /** How long work waits for a database that is being restarted or cannot be reached. */
  readonly patienceMs?: number;
  /** How long one statement may take: a way that swallows everything gives no other sign. */
  readonly answerMs?: number;
  /** Aborted: nothing waits for the database any more. */
  readonly giveUp?: AbortSignal;
  /** Told once when work begins to wait, in words without a secret. */
  readonly onWait?: (reason: string) => void;
}

/** What statements run on: autocommit, or one transaction. */
export interface Queries {
  rows<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

const defaultConnections = 4;
const defaultPatienceMs = 60_000;
const defaultAnswerMs = 60_000;
const longestPauseMs = 2_000;

/**
 * A Postgres database with our tables. Whatever runs on it must be repeatable without harm: when a connection is lost nobody knows
 * whether its last statement was done, so it is done again on a new one, until patience ends. Throws StorageError.
 */
export class Database implements Queries, AsyncDisposable {
  readonly #pool: Pool;
  readonly #patienceMs: number;
  readonly #giveUp: AbortSignal;
  readonly #onWait: (reason: string) => void;
  #isWaiting = false;

  private constructor(pool: Pool, given: DatabaseOptions) {
    const { patienceMs = defaultPatienceMs, onWait = () => undefined, giveUp = new AbortController().signal } = given;
    this.#pool = pool;
    this.#giveUp = giveUp;
    // An idle connection that breaks is replaced when the next one is asked for.
    pool.on("error", () => undefined);
    this.#patienceMs = patienceMs;
    this.#onWait = onWait;
  }

  /** Connects, and makes or migrates our tables. Failures: `database-unreachable`, `database-newer`, `database-unsafe`. */
  static async open(given: DatabaseOptions): Promise<Database> {
    const { url, connections = defaultConnections, answerMs = defaultAnswerMs } = given;
    const { default: pg } = await import("pg").catch((error: unknown) => {
      throw driverMissing("pg", error);
    });
    // A commit is to be on disk, whatever the server's default is.
    const options = "-c synchronous_commit=on";
    const times = { query_timeout: answerMs, connectionTimeoutMillis: answerMs };
    const pool = new pg.Pool({ connectionString: url, max: connections, keepAlive: true, options, ...times });
    const database = new Database(pool, given);
    try {
      await database.#prepare();
      return database;
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw error;
    }
  }

  async rows<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return await this.#patiently(async () => rowsOf<Row>(await this.#pool.query<Row>(text, [...values])));
  }

  /** All of it or none of it. */
  async transaction<Value>(action: (queries: Queries) => Promise<Value>): Promise<Value> {
    return await this.#patiently(async () => {
      const client = await this.#pool.connect();
      try {
        await client.query("BEGIN");
        const value = await action({ rows: async (text, values = []) => rowsOf(await client.query(text, [...values])) });
        await client.query("COMMIT");
        client.release();
        return value;
      } catch (error) {
        if (lostConnection(error)) client.release(true);
        else
          await client.query("ROLLBACK").then(
            () => client.release(),
            () => client.release(true),
          );
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end();
  }

  async #prepare(): Promise<void> {
    const version = await this.transaction(async (queries) => {
      // Several workers may come first.
      await queries.rows("SELECT pg_advisory_xact_lock(hashtext('apprentice'))");
      for (const statement of schemaStatements) await queries.rows(statement);
      const [row] = await queries.rows<{ version: number }>("SELECT max(version) AS version FROM apprentice.schema_version");
      return Number(row?.version);
    });
    if (version > schemaVersion)
      throw storageTrouble("database-newer", `The database was made by a newer version of Apprentice (${version}): update this one.`);
    const [settings] = await this.rows<{ fsync: string }>("SELECT current_setting('fsync') AS fsync");
    if (settings?.fsync !== "on")
      throw storageTrouble(
        "database-unsafe",
        "The database runs with fsync off, so that a power cut would lose replies that were paid for: switch it on.",
      );
  }

  async #patiently<Value>(action: () => Promise<Value>): Promise<Value> {
    const until = performance.now() + this.#patienceMs;
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        const value = await action();
        this.#isWaiting = false;
        return value;
      } catch (error) {
        const isTooLate = this.#giveUp.aborted || performance.now() + pauseMs > until;
        if (error instanceof StorageError || !lostConnection(error) || isTooLate) throw postgresTrouble(error);
        if (!this.#isWaiting) this.#onWait(reasonOf(error));
        this.#isWaiting = true;
        // Workers that lost the same server do not come back in step.
        await pause(pauseMs * (0.5 + Math.random()), this.#giveUp);
      }
    }
  }
}

/** A text of several statements, which takes no values, has a result for each. */
function rowsOf<Row extends QueryResultRow>(result: QueryResult<Row> | readonly QueryResult<Row>[]): Row[] {
  return [result].flat().flatMap(({ rows }) => rows);
}
