import { expect, test } from "vitest";
import { chaos } from "../chaos/chaos.ts";
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
