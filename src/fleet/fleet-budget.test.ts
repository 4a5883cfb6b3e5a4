import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { Database } from "../ledger/postgres/database.ts";
import { startPostgres, whyNoPostgres, type PostgresServer } from "../ledger/postgres/postgres-server.conformance.ts";
import { noSpending } from "../records/usage.ts";
import { FleetRuns } from "./fleet-run.ts";
import { Membership } from "./membership.ts";

const never = new AbortController().signal;

describe("a budget of several processes", skippedIf(whyNoPostgres), () => {
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

  async function members(run: string, count: number, limitUsd: number | null, baseUsd = 0): Promise<Membership[]> {
    const joined = await Promise.all(
      Array.from({ length: count }, async () => await Membership.join(database, run, () => ({ steps: 0, spending: noSpending }))),
    );
    await new FleetRuns(database).open(run, { order: {}, limitUsd, baseUsd, except: joined[0]?.id ?? "" });
    for (const member of joined) await member.sync();
    return joined;
  }

  test("never promises more than its limit, and spends all of it", { timeout: 60_000 }, async () => {
    const joined = await members("limit", 4, 1);
    let [inFlight, most, spent] = [0, 0, 0];
    const refusals: string[] = [];
    const caller = async ({ budget }: Membership): Promise<void> => {
      for (;;) {
        const reserved = await budget.reserve(0.02, never);
        if (!reserved.ok) return void refusals.push(reserved.error.code);
        inFlight++;
        most = Math.max(most, spent + 0.02 * inFlight);
        await new Promise((resolve) => setTimeout(resolve, 5));
        inFlight--;
        spent += 0.01;
        reserved.value.settle(0.01);
      }
    };
    const syncing = setInterval(() => void Promise.all(joined.map(async (member) => await member.sync())), 50);
    await Promise.all(joined.flatMap((member) => Array.from({ length: 8 }, async () => await caller(member))));
    clearInterval(syncing);
    expect(most).toBeLessThanOrEqual(1 + 1e-9);
    expect(spent).toBeGreaterThan(0.97);
    expect([new Set(refusals), refusals.length]).toEqual([new Set(["budget-spent"]), 32]);
  });

  test("waits while what others have in flight stands in the way; what the dead had reserved counts as spent", async () => {
    const [first, second] = await members("waits", 2, 1, 0.3);
    if (first === undefined || second === undefined) throw new Error("two have joined");
    const held = await first.budget.reserve(0.6, never);
    if (!held.ok) throw new Error("there was room");
    let hasAnswered = false;
    const waiting = second.budget.reserve(0.6, never).then((answer) => {
      hasAnswered = true;
      return answer;
    });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(hasAnswered).toBe(false);
    held.value.settle(0.1);
    await first.sync();
    expect((await waiting).ok).toBe(true);
    // The second one dies with $0.6 reserved.
    await database.rows("UPDATE apprentice.member SET seen_at = now() - interval '1 hour' WHERE id = $1", [second.id]);
    const refused = await first.budget.reserve(0.2, never);
    expect(refused).toMatchObject({ ok: false, error: { code: "budget-spent", wholeRun: true } });
    const given = await first.budget.reserve(0.0, AbortSignal.abort());
    expect(given).toMatchObject({ ok: false, error: { code: "cancelled" } });
  });

  test("begun again without anybody alive, only what the journal told counts", async () => {
    const [first] = await members("again", 1, 1);
    expect((await first?.budget.reserve(0.9, never))?.ok).toBe(true);
    await first?.[Symbol.asyncDispose]();
    const [later] = await members("again", 1, 1, 0.2);
    expect((await later?.budget.reserve(0.7, never))?.ok).toBe(true);
    expect((await later?.members())?.map(({ id }) => id)).toEqual([later?.id]);
  });
});
