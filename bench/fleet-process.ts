import { createScrubber } from "../src/base/secret.ts";
import { LineageQueue } from "../src/fleet/lineage-queue.ts";
import { Membership } from "../src/fleet/membership.ts";
import { Database } from "../src/ledger/postgres/database.ts";
import { postgresRun } from "../src/ledger/postgres/postgres-run.ts";
import type { LineageOutcome } from "../src/records/lineage.ts";
import { noSpending } from "../src/records/usage.ts";

// One process of the fleet's benchmark: `jobs RUN AT-ONCE` takes and ends all lineages of a run, `rows RUN AT-ONCE COUNT` writes entries of a
// journal, so many at once, `calls RUN AT-ONCE COUNT` lets calls through a budget. Prints how many, when it began and when it ended.
const [kind = "", url = "", run = "", atOnce = "1", count = "0"] = process.argv.slice(2);
await using database = await Database.open({ url, connections: 8 });
await using stores = postgresRun(database, { run, dir: ".", scrubber: createScrubber([]), write: true });
const startedMs = Date.now();
const works: Readonly<Record<string, () => Promise<number>>> = {
  jobs: async () => await endJobs(Number(atOnce)),
  rows: async () => await writeRows(Number(atOnce), Number(count)),
  calls: async () => await letThrough(Number(atOnce), Number(count)),
};
const done = (await works[kind]?.()) ?? 0;
process.stdout.write(`${JSON.stringify({ done, startedMs, endedMs: Date.now() })}\n`);

/** A lineage's job is taken, and ends in one transaction with its outcome; nothing is done between. */
async function endJobs(slots: number): Promise<number> {
  await using queue = await LineageQueue.open(database, () => undefined);
  let ended = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const jobs = await queue.take(run, Math.ceil(slots / 8));
      if (jobs.length === 0) return;
      await Promise.all(
        jobs.map(async (job) => {
          const lease = { subject: job.lineage, token: job.token };
          await database.transaction(async (queries) => {
            await stores.putWithin(queries, { kind: "outcome", key: job.lineage, record: outcomeOf(job.lineage), lease });
            await queue.complete(run, job, queries);
          });
          ended++;
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return ended;
}

/** Entries of two kilobytes, each of a rollout of its own that waits until its last one is committed. */
async function writeRows(rollouts: number, entries: number): Promise<number> {
  const observation = "x".repeat(1_900);
  let written = 0;
  const rollout = async (index: number): Promise<void> => {
    const key = `${process.pid} ${index}`;
    for (let turn = 0; written < entries; turn++) {
      written++;
      await stores.journal.write({ kind: "observation", key, turn, observation, ended: "completed", exitCode: 0, at: 1 });
    }
  };
  await Promise.all(Array.from({ length: rollouts }, async (_, index) => await rollout(index)));
  return written;
}

/** Calls that are reserved for, and settled at once. */
async function letThrough(callers: number, calls: number): Promise<number> {
  await using membership = await Membership.join(database, run, () => ({ steps: 0, spending: noSpending }));
  const never = new AbortController().signal;
  let through = 0;
  const caller = async (): Promise<void> => {
    while (through < calls) {
      through++;
      const reserved = await membership.budget.reserve(0.01, never);
      if (!reserved.ok) throw new Error(reserved.error.message);
      reserved.value.settle(0.001);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return through;
}

function outcomeOf(lineage: string): LineageOutcome {
  const keys = { pullRequest: `${lineage}-p`, secondRollout: `${lineage}-2`, score: `${lineage}-s` };
  return { version: 1, lineage, state: "kept", firstRollouts: [`${lineage}-1`], selfChecks: [`${lineage}-c`], ...keys };
}
