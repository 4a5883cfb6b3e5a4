import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createScrubber } from "../../base/secret.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import type { JournalEntry } from "../../records/journal-entry.ts";
import { artifactsConformance } from "../artifacts-conformance.ts";
import { journalConformance } from "../journal-conformance.ts";
import { ledgerConformance } from "../ledger-conformance.ts";
import { Database } from "./database.ts";
import { PostgresArtifacts } from "./postgres-artifacts.ts";
import { PostgresJournal } from "./postgres-journal.ts";
import { PostgresLedger } from "./postgres-ledger.ts";
import { openPostgresRun } from "./postgres-run.ts";
import { startPostgres, whyNoPostgres, type PostgresServer } from "./postgres-server.conformance.ts";
import type { PostgresStoreOptions } from "./postgres-store.ts";

describe("postgres", skippedIf(whyNoPostgres), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  let runs = 0;
  /** Stores of a run of its own, and all that lies in the database. */
  async function harness<Store>(make: (options: PostgresStoreOptions) => Store) {
    const database = await Database.open({ url: server.url });
    const run = `run ${runs++}`;
    return {
      open: async (scrubber: PostgresStoreOptions["scrubber"]) => make({ database, run, scrubber, write: true }),
      atRest: async () => {
        const tables = ["record", "entry", "artifact"];
        const rows = await Promise.all(
          tables.map(async (name) => await database.rows(`SELECT * FROM apprentice.${name} WHERE run = $1`, [run])),
        );
        return JSON.stringify(rows);
      },
      remove: async () => await database[Symbol.asyncDispose](),
    };
  }

  ledgerConformance("postgres", async () => await harness((options) => new PostgresLedger(options)));
  journalConformance("postgres", async () => await harness((options) => new PostgresJournal(options)));
  artifactsConformance("postgres", async () => await harness((options) => new PostgresArtifacts(options)));

  const none = createScrubber([]);
  const observation = (key: string, turn: number): JournalEntry => ({
    kind: "observation",
    key,
    turn,
    observation: "seen",
    ended: "completed",
    exitCode: 0,
    at: 1,
  });

  test("two processes write one run at once, and a run sees nothing of another", async () => {
    const options = { url: server.url, dir: ".", scrubber: none, write: true };
    const opened = [
      await openPostgresRun({ ...options, run: "shared" }),
      await openPostgresRun({ ...options, run: "shared" }),
      await openPostgresRun({ ...options, run: "other" }),
    ];
    const [first, second, other] = opened.map((one) => {
      if (!one.ok) throw new Error(one.error.message);
      return one.value;
    });
    if (first === undefined || second === undefined || other === undefined) throw new Error("three were opened");
    const turns = Array.from({ length: 300 }, (_, turn) => turn);
    await Promise.all(
      [first, second].flatMap(({ journal }, index) => turns.map((turn) => journal.write(observation(`key ${index}`, turn)))),
    );
    await first.artifacts.put("text");
    for (const store of [first, second]) {
      expect((await store.journal.read("key 1")).map(({ turn }) => turn)).toEqual(turns);
      expect(await Array.fromAsync(store.artifacts.ids())).toHaveLength(1);
    }
    expect(await Array.fromAsync(other.journal.entries())).toEqual([]);
    expect(await Array.fromAsync(other.artifacts.ids())).toEqual([]);
    for (const store of [first, second, other]) await store[Symbol.asyncDispose]();
  });

  test("a reader cannot write", async () => {
    const opened = await openPostgresRun({ url: server.url, run: "read", dir: ".", scrubber: none, write: false });
    if (!opened.ok) throw new Error(opened.error.message);
    await using run = opened.value;
    await expect(run.journal.write(observation("a", 0))).rejects.toThrow("reading only");
    await expect(run.artifacts.put("x")).rejects.toThrow("reading only");
  });

  test("tables of a newer version are refused, and so is a server that syncs nothing", async () => {
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query("CREATE DATABASE newer");
    const url = server.url.replace(/postgres$/, "newer");
    await (await Database.open({ url }))[Symbol.asyncDispose]();
    const newer = new pg.Client({ connectionString: url });
    await newer.connect();
    await newer.query("INSERT INTO apprentice.schema_version VALUES (99)");
    await newer.end();
    await admin.end();
    await expect(Database.open({ url })).rejects.toMatchObject({ failure: { code: "database-newer" } });
    await using unsafe = await startPostgres({ fsync: "off" });
    await expect(Database.open({ url: unsafe.url })).rejects.toMatchObject({ failure: { code: "database-unsafe" } });
  });
});

describe("a postgres that goes", skippedIf(whyNoPostgres), () => {
  test("killed in mid-write and started again, it has every entry that was written, once, in order", { timeout: 120_000 }, async () => {
    await using server = await startPostgres();
    await using database = await Database.open({ url: server.url });
    const options = { database, run: "r", scrubber: createScrubber([]), write: true };
    await using journal = new PostgresJournal(options);
    const turns = Array.from({ length: 3000 }, (_, turn) => turn);
    let written = 0;
    const writes = turns.map(async (turn) => {
      await journal.write({ kind: "superseded", key: "k", turn, at: 1 });
      written++;
    });
    await expect.poll(() => written, { interval: 1 }).toBeGreaterThan(500);
    await server.kill();
    const before = written;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await server.start();
    await Promise.all(writes);
    expect(before).toBeLessThan(turns.length);
    expect((await journal.read("k")).map(({ turn }) => turn)).toEqual(turns);
  });

  test("when patience ends it is told in a sentence, without the password", async () => {
    await using server = await startPostgres();
    const url = server.url.replace("apprentice@", "apprentice:hidden-word@");
    await using database = await Database.open({ url, patienceMs: 300 });
    await server.kill();
    const refused = await database.rows("SELECT 1").catch((error: unknown) => error);
    expect(refused).toMatchObject({ failure: { code: "database-unreachable", wholeRun: true } });
    expect(JSON.stringify(refused)).not.toContain("hidden-word");
    expect((await openPostgresRun({ url, patienceMs: 100, run: "r", dir: ".", scrubber: createScrubber([]), write: true })).ok).toBe(false);
  });
});
