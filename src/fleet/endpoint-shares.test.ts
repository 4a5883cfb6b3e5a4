import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { Database } from "../ledger/postgres/database.ts";
import { startPostgres, whyNoPostgres, type PostgresServer } from "../ledger/postgres/postgres-server.conformance.ts";
import { callsOf, EndpointShares } from "./endpoint-shares.ts";

interface Process {
  readonly id: string;
  wanted: number;
  inFlight: number;
  calls: number;
}

/** One process agrees with the others, and then begins as many calls as it may and wants. */
function agree(me: Process, all: readonly Process[], { mostCalls, turn }: { mostCalls: number; turn: number }): void {
  const others = all
    .filter(({ id }) => id !== me.id)
    .map(({ id, wanted, calls }) => ({ member: id, wanted, calls, in_flight: 0, closed_ms: 0, turn }));
  me.calls = callsOf(me, { others, mostCalls, turn });
  me.inFlight = Math.max(me.inFlight, Math.min(me.calls, me.wanted));
}

test("shares never add up to more than the limit, and all of it is used where it is wanted", () => {
  const step = fc.record({ process: fc.nat(4), wanted: fc.nat(20), ended: fc.nat(20) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.array(step, { maxLength: 60 }), (mostCalls, steps) => {
      const all = Array.from({ length: 5 }, (_, index): Process => ({ id: `p${index}`, wanted: 0, inFlight: 0, calls: 0 }));
      for (const { process, wanted, ended } of steps) {
        const me = all[process];
        if (me === undefined) continue;
        me.inFlight = Math.max(0, me.inFlight - ended);
        me.wanted = Math.max(wanted, me.inFlight);
        agree(me, all, { mostCalls, turn: 0 });
        expect(all.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThanOrEqual(mostCalls);
        expect(all.reduce((sum, { inFlight }) => sum + inFlight, 0)).toBeLessThanOrEqual(mostCalls);
      }
      // Calls end, and everybody asks a few times more.
      for (const me of all) me.inFlight = 0;
      for (let round = 0; round < 6; round++) for (const me of all) agree({ ...me, inFlight: 0 }, all, { mostCalls, turn: 0 });
      for (let round = 0; round < 6; round++)
        for (const me of all) {
          me.inFlight = 0;
          agree(me, all, { mostCalls, turn: 0 });
        }
      const wanted = all.reduce((sum, each) => sum + each.wanted, 0);
      expect(all.reduce((sum, { calls }) => sum + calls, 0)).toBe(Math.min(wanted, mostCalls));
    }),
    { numRuns: 500 },
  );
});

test("where there are fewer calls than processes, each has its turn", () => {
  const having = new Set<string>();
  for (let turn = 0; turn < 60; turn++) {
    const all = ["a", "b", "c"].map((id): Process => ({ id, wanted: 5, inFlight: 0, calls: 0 }));
    for (let round = 0; round < 3; round++) for (const me of all) agree(me, all, { mostCalls: 1, turn });
    for (const { id, calls } of all) if (calls > 0) having.add(id);
  }
  expect([...having].toSorted()).toEqual(["a", "b", "c"]);
});

describe("in a database", skippedIf(whyNoPostgres), () => {
  let server: PostgresServer;
  let database: Database;
  beforeAll(async () => {
    server = await startPostgres();
    database = await Database.open({ url: server.url });
  }, 60_000);
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const sharesOf = (member: string, mostCalls: number | null): EndpointShares =>
    new EndpointShares({ database, member, mostCalls, onTrouble: () => undefined });
  const ids = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"];

  test("two processes have half each, and one has all when the other is gone", { timeout: 60_000 }, async () => {
    await using first = sharesOf(ids[0] ?? "", 6);
    const second = sharesOf(ids[1] ?? "", 6);
    const [a, b] = [first.shareOf("x"), second.shareOf("x")];
    a.wantedBy(() => ({ inFlight: 1, wanted: 10 }));
    b.wantedBy(() => ({ inFlight: 2, wanted: 10 }));
    let isServed = false;
    a.onRoom(() => (isServed = true));
    await expect.poll(() => [a.calls, b.calls], { timeout: 10_000 }).toEqual([3, 3]);
    expect(isServed).toBe(true);
    expect([a.othersInFlight, b.othersInFlight]).toEqual([2, 1]);
    await second[Symbol.asyncDispose]();
    await expect.poll(() => a.calls, { timeout: 10_000 }).toBe(6);
  });

  test("what one endpoint told one process to wait, all wait, and only there", { timeout: 60_000 }, async () => {
    await using first = sharesOf(ids[0] ?? "", null);
    await using second = sharesOf(ids[1] ?? "", null);
    const [a, b, other] = [first.shareOf("y"), second.shareOf("y"), second.shareOf("z")];
    expect(a.calls).toBe(Infinity);
    a.tellClosed(30_000);
    await expect.poll(() => b.closedForMs(), { timeout: 10_000 }).toBeGreaterThan(20_000);
    expect(b.closedForMs()).toBeLessThanOrEqual(30_000);
    expect(other.closedForMs()).toBe(0);
  });
});
