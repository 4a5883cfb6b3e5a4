import { expect, test } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { whyNoPostgres } from "../../src/ledger/postgres/postgres-server.conformance.ts";
import { chaos } from "../chaos/chaos.ts";
import { fleetChaos } from "../chaos/fleet-chaos.ts";
import { temporaryFolder } from "./command-line.ts";

// The long form is `npm run chaos`.
test(
  "killed with -9 again and again, a run loses no reply, buys none twice and ends as if nothing had been",
  { timeout: 240_000 },
  async () => {
    await using folder = await temporaryFolder();
    const concurrency = 4;
    const ended = await chaos({ folder: folder.path, lineages: 10, kills: 8, seed: 1, concurrency, latencyMs: 100 });
    expect(ended).toMatchObject({ isDatasetEqual: true, problems: [], left: [], account: { wrong: [] } });
    expect(ended.account.open).toBe(ended.possiblyPaid);
    expect(ended.account.open).toBeLessThanOrEqual(ended.kills * concurrency);
  },
);

test(
  "so does a run of four workers on Postgres, with disks deleted, the database killed, and workers cut off or asleep meanwhile",
  { timeout: 400_000, ...skippedIf(whyNoPostgres) },
  async () => {
    await using folder = await temporaryFolder();
    const [concurrency, workers] = [2, 4];
    const ended = await fleetChaos({ folder: folder.path, lineages: 14, kills: 9, seed: 5, concurrency, latencyMs: 300, workers });
    expect(ended).toMatchObject({ isDatasetEqual: true, problems: [], left: [], account: { wrong: [] } });
    expect(ended.account.open).toBe(ended.possiblyPaid);
    expect(ended.account.open).toBeLessThanOrEqual(ended.kills * concurrency);
    expect(ended.byWorkers).toBeGreaterThan(0);
  },
);
