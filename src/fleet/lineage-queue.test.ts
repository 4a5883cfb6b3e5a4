import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { createScrubber } from "../base/secret.ts";
import { Database } from "../ledger/postgres/database.ts";
import { postgresRun, type PostgresRun } from "../ledger/postgres/postgres-run.ts";
import { startPostgres, whyNoPostgres, type PostgresServer } from "../ledger/postgres/postgres-server.conformance.ts";
import type { JournalEntry } from "../records/journal-entry.ts";
import { heartbeatSeconds, LineageQueue, type LineageJob } from "./lineage-queue.ts";

describe("the queue of lineages", skippedIf(whyNoPostgres), () => {
  let server: PostgresServer;
  let databases: Database[] = [];
  let queues: LineageQueue[] = [];
  beforeAll(async () => {
    server = await startPostgres();
    databases = await Promise.all([0, 1].map(async () => await Database.open({ url: server.url })));
    queues = await Promise.all(databases.map(async (database) => await LineageQueue.open(database, () => undefined)));
  }, 60_000);
  afterAll(async () => {
    for (const queue of queues) await queue[Symbol.asyncDispose]();
    for (const database of databases) await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const drawn = (count: number): { key: string; position: number }[] =>
    Array.from({ length: count }, (_, position) => ({ key: `lineage ${position}`, position }));
  const named = (jobs: readonly LineageJob[]): string[] => jobs.map(({ lineage }) => lineage).toSorted();
  const queue = (index: 0 | 1): LineageQueue => {
    const found = queues[index];
    if (found === undefined) throw new Error("two are open");
    return found;
  };
  const storesOf = (index: 0 | 1, run: string): PostgresRun => {
    const database = databases[index];
    if (database === undefined) throw new Error("two are open");
    return postgresRun(database, { run, dir: ".", scrubber: createScrubber([]), write: true });
  };
  const entry = (turn: number): JournalEntry => ({ kind: "superseded", key: "k", turn, at: 1 });
  const leaseOf = ({ lineage, token }: LineageJob): { subject: string; token: string } => ({ subject: lineage, token });

  test("gives each lineage to one process, first things first, and of a run only its own", async () => {
    await queue(0).fill("a", drawn(40).toReversed());
    await queue(0).fill("b", drawn(3));
    const taken = await Promise.all([queue(0).take("a", 7), queue(1).take("a", 7), queue(0).take("a", 7), queue(1).take("a", 50)]);
    expect(named(await queue(0).take("b", 2))).toEqual(["lineage 0", "lineage 1"]);
    const lineages = taken.flat().map(({ lineage }) => lineage);
    expect(new Set(lineages).size).toBe(lineages.length);
    expect(lineages).toHaveLength(40);
    expect(await queue(1).standing("a")).toEqual({ waiting: 0, active: 40 });
  });

  test("filled again it holds what is due once, and leaves what somebody works on", async () => {
    await queue(0).fill("again", drawn(4));
    const [first] = await queue(1).take("again", 1);
    await queue(0).fill("again", drawn(5));
    expect(named(await queue(0).take("again", 9))).toEqual(["lineage 1", "lineage 2", "lineage 3", "lineage 4"]);
    expect(first?.lineage).toBe("lineage 0");
  });

  test("what is given back is there at once, under a newer lease; the older one writes nothing any more", async () => {
    const run = "leases";
    await queue(0).fill(run, drawn(1));
    const [first] = await queue(0).take(run, 1);
    if (first === undefined) throw new Error("one was there");
    const stores = storesOf(0, run);
    const before = stores.under(leaseOf(first));
    await before.journal.write(entry(0));
    await queue(0).giveBack(run, first);
    const [second] = await queue(1).take(run, 1);
    if (second === undefined) throw new Error("it was given back");
    // It was nobody's death.
    expect([second.attempt, second.position]).toEqual([0, 0]);
    await queue(0).giveBack(run, { ...first, attempt: 7 });
    expect(await queue(0).standing(run)).toEqual({ waiting: 0, active: 1 });
    expect(BigInt(second.token) > BigInt(first.token)).toBe(true);
    await expect(before.journal.write(entry(1))).rejects.toMatchObject({ failure: { code: "lease-lost", wholeRun: false } });
    const record = { version: 1 as const, tool: "t", identity: {}, identityHash: "h" };
    await expect(before.ledger.put("run", "h", record)).rejects.toMatchObject({ failure: { code: "lease-lost" } });
    expect(await stores.ledger.get("run", "h")).toBeNull();
    const after = storesOf(1, run).under(leaseOf(second));
    await Promise.all([after.journal.write(entry(2)), after.ledger.put("run", "h", record)]);
    // What stands there already is the same to whoever writes it.
    await before.ledger.put("run", "h", record);
    await expect(before.ledger.put("run", "h", { ...record, tool: "other" })).rejects.toMatchObject({ failure: { code: "lease-lost" } });
    await expect(after.ledger.put("run", "h", { ...record, tool: "other" })).rejects.toThrow("another run stands under h");
    expect((await stores.journal.read("k")).map(({ turn }) => turn)).toEqual([0, 2]);
    expect(await queue(0).touch(run, [first])).toEqual([first]);
    expect(await queue(1).touch(run, [second])).toEqual([]);
  });

  test("taking over waits for a write under way, and then reads it", async () => {
    const run = "race";
    await queue(0).fill(run, drawn(1));
    let [job] = await queue(0).take(run, 1);
    for (let round = 0; round < 30; round++) {
      if (job === undefined) throw new Error("it is there");
      const old = storesOf(0, run).under(leaseOf(job));
      const writes = Array.from(
        { length: 20 },
        async (_, turn) =>
          await old.journal.write(entry(100 * round + turn)).then(
            () => 100 * round + turn,
            () => null,
          ),
      );
      await queue(0).giveBack(run, job);
      const [next] = await queue(1).take(run, 1);
      const seen = new Set((await storesOf(1, run).journal.read("k")).map(({ turn }) => turn));
      const written = (await Promise.all(writes)).filter((turn) => turn !== null);
      expect(written.filter((turn) => !seen.has(turn))).toEqual([]);
      job = next;
    }
  });

  test("a lineage whose worker is silent comes back, and one whose job ended does not", { timeout: 90_000 }, async () => {
    const run = "silent";
    await queue(0).fill(run, drawn(3));
    const [silent, alive, done] = await queue(0).take(run, 3);
    if (silent === undefined || alive === undefined || done === undefined) throw new Error("three were there");
    await databases[0]?.transaction(async (queries) => await queue(0).complete(run, done, queries));
    const back: LineageJob[] = [];
    const untilMs = performance.now() + 2 * heartbeatSeconds * 1_000;
    while (back.length === 0 && performance.now() < untilMs) {
      await queue(0).touch(run, [alive]);
      back.push(...(await queue(1).take(run, 3)));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(back.map(({ lineage, attempt }) => [lineage, attempt])).toEqual([[silent.lineage, 1]]);
    expect(await queue(0).touch(run, [silent, alive])).toEqual([silent]);
    expect(await queue(0).standing(run)).toEqual({ waiting: 0, active: 2 });
  });
});
