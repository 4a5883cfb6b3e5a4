import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FleetRuns } from "../src/fleet/fleet-run.ts";
import { LineageQueue } from "../src/fleet/lineage-queue.ts";
import { Database } from "../src/ledger/postgres/database.ts";
import { startPostgres, whyNoPostgres } from "../src/ledger/postgres/postgres-server.conformance.ts";
import { call, result, start, startTeacher } from "../test/e2e/command-line.ts";
import { smallRepository } from "../test/e2e/small-repository.ts";
import { print, printTable } from "./print.ts";

/** What one Postgres carries, on this machine and with the processes that ask it, and what workers add to a run that waits for its teacher. */
export async function benchFleet(): Promise<void> {
  if (whyNoPostgres !== null) return print(`The fleet was not measured: ${whyNoPostgres}.\n`);
  await using server = await startPostgres();
  await benchDatabase(server.url);
  await benchWorkers(server.url);
}

async function benchDatabase(url: string): Promise<void> {
  const rows: string[][] = [];
  for (const processes of [1, 4]) {
    const run = `jobs-${processes}`;
    await fill(url, run, 20_000);
    rows.push(["lineages taken and ended", String(processes), "64", ...(await together(processes, ["jobs", url, run, "64"]))]);
  }
  for (const [processes, atOnce] of [
    [1, 32],
    [1, 1000],
    [4, 32],
    [4, 1000],
  ] as const) {
    const args = ["rows", url, `rows-${processes}-${atOnce}`, String(atOnce), String(40_000 / processes)];
    rows.push(["journal entries of 2 KB", String(processes), String(atOnce), ...(await together(processes, args))]);
  }
  for (const processes of [1, 4]) {
    const run = `calls-${processes}`;
    await openWithBudget(url, run);
    rows.push([
      "calls let through a budget",
      String(processes),
      "256",
      ...(await together(processes, ["calls", url, run, "256", String(40_000 / processes)])),
    ]);
  }
  print("## One Postgres (fsync on, on this machine beside the processes that ask it)\n");
  printTable(["what", "processes", "at once in each", "done", "a second"], rows);
}

async function fill(url: string, run: string, count: number): Promise<void> {
  await using database = await Database.open({ url });
  await using queue = await LineageQueue.open(database, () => undefined);
  await queue.fill(
    run,
    Array.from({ length: count }, (_, position) => ({ key: `lineage ${position}`, position })),
  );
}

async function openWithBudget(url: string, run: string): Promise<void> {
  await using database = await Database.open({ url });
  await new FleetRuns(database).open(run, { order: {}, limitUsd: 1_000_000, baseUsd: 0, except: randomUUID() });
}

/** How many all of them did, and how many a second from the first one's beginning to the last one's end. */
async function together(processes: number, args: readonly string[]): Promise<string[]> {
  const ended = await Promise.all(
    Array.from({ length: processes }, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, ["bench/fleet-process.ts", ...args]);
      return JSON.parse(stdout) as { done: number; startedMs: number; endedMs: number };
    }),
  );
  const done = ended.reduce((sum, each) => sum + each.done, 0);
  const seconds = (Math.max(...ended.map(({ endedMs }) => endedMs)) - Math.min(...ended.map(({ startedMs }) => startedMs))) / 1000;
  return [String(done), (done / seconds).toFixed(0)];
}

/** Tables and their indexes, the queue's too. */
async function databaseBytes(url: string): Promise<number> {
  await using database = await Database.open({ url });
  const [row] = await database.rows<{ bytes: string }>("SELECT pg_database_size(current_database()) AS bytes");
  return Number(row?.bytes);
}

const lineages = 110;
const latencyMs = 150;
const concurrency = 2;

async function benchWorkers(url: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "apprentice-bench-fleet-"));
  try {
    const repository = smallRepository(join(folder, "repository"), 12, 12);
    const environment = { FLEET_URL: url };
    const rows: {
      readonly workers: number;
      readonly requests: number;
      readonly seconds: number;
      readonly steady: number;
      readonly wholeSeconds: number;
      readonly kilobytes: number;
    }[] = [];
    for (const workers of [1, 4]) {
      await using teacher = await startTeacher(join(folder, `log-${workers}.jsonl`), ["--latency-ms", String(latencyMs)]);
      const more = ["--lineages", String(lineages), "--concurrency", String(concurrency), "--database-url-env", "FLEET_URL", "--json"];
      const args = ["generate", "--repo", repository, "--base-url", teacher.url, "--model", "scripted", ...more];
      const others = Array.from({ length: workers - 1 }, () =>
        start(["worker", "--database-url-env", "FLEET_URL", "--concurrency", String(concurrency)], { environment }),
      );
      const before = await databaseBytes(url);
      const ended = await call([...args, "--run", join(folder, `run-${workers}`)], { environment });
      for (const { child } of others) child.kill("SIGTERM");
      await Promise.all(others.map(async (other) => await other.ended));
      if (ended.status !== 0) throw new Error(ended.stderr);
      const times = ((await teacher.log()) as unknown as { readonly time: string }[]).map(({ time }) => Date.parse(time));
      const seconds = (Math.max(...times) - Math.min(...times)) / 1000;
      const sorted = times.toSorted((a, b) => a - b);
      const middle = sorted.slice(Math.floor(times.length / 10), Math.floor((9 * times.length) / 10));
      const steady = middle.length / (((middle.at(-1) ?? 0) - (middle[0] ?? 0)) / 1000);
      const kilobytes = ((await databaseBytes(url)) - before) / 1000 / lineages;
      rows.push({ workers, requests: times.length, seconds, steady, wholeSeconds: Number(result(ended)["durationSeconds"]), kilobytes });
    }
    const alone = (rows[0]?.requests ?? Number.NaN) / (rows[0]?.seconds ?? Number.NaN);
    print(
      `## Workers (a teacher that takes ${latencyMs} ms a reply, ${lineages} lineages, ${concurrency} at once in each; goal: four do 3.8 times the work of one)\n`,
    );
    printTable(
      [
        "workers",
        "requests",
        "first to last, s",
        "requests/s",
        "× one worker",
        "requests/s of the middle four fifths",
        "× one worker",
        "whole command, s",
        "kB a lineage in the database",
      ],
      rows.map(({ workers, requests, seconds, steady, wholeSeconds, kilobytes }) => [
        String(workers),
        String(requests),
        seconds.toFixed(1),
        (requests / seconds).toFixed(1),
        (requests / seconds / alone).toFixed(2),
        steady.toFixed(1),
        (steady / (rows[0]?.steady ?? Number.NaN)).toFixed(2),
        wholeSeconds.toFixed(1),
        kilobytes.toFixed(0),
      ]),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
