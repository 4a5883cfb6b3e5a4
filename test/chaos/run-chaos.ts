import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chaos } from "./chaos.ts";
import { fleetChaos } from "./fleet-chaos.ts";

// npm run chaos [-- --lineages 60 --kills 100 --seed 1 --concurrency 8 --latency-ms 400 --workers 4 --keep]; with workers: on Postgres
const { values } = parseArgs({
  options: {
    lineages: { type: "string", default: "60" },
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    concurrency: { type: "string", default: "8" },
    "latency-ms": { type: "string", default: "400" },
    workers: { type: "string", default: "0" },
    keep: { type: "boolean", default: false },
  },
});
const folder = await mkdtemp(join(tmpdir(), "apprentice-chaos-"));
const numbers = {
  lineages: Number(values.lineages),
  kills: Number(values.kills),
  concurrency: Number(values.concurrency),
  latencyMs: Number(values["latency-ms"]),
};
const order = { folder, ...numbers, seed: Number(values.seed) };
const workers = Number(values.workers);
const ended =
  workers === 0
    ? await chaos({
        ...order,
        onKill: ({ number, moment, afterMs }) => process.stderr.write(`kill ${number}: ${moment}, ${afterMs} ms\n`),
      })
    : await fleetChaos({
        ...order,
        workers,
        onAccident: ({ number, kind, worker }) => process.stderr.write(`accident ${number}: ${kind} (${worker})\n`),
      });
const { account, ...rest } = ended;
process.stdout.write(`${JSON.stringify({ seed: Number(values.seed), ...rest, ...account }, null, 2)}\n`);
const isRight =
  ended.kills === numbers.kills &&
  account.wrong.length === 0 &&
  account.open <= ended.kills * numbers.concurrency * Math.max(1, workers + 1) &&
  ended.isDatasetEqual &&
  ended.problems.length === 0 &&
  ended.left.length === 0;
process.exitCode = isRight ? 0 : 1;
if (values.keep || !isRight) process.stderr.write(`Kept: ${folder}\n`);
else await rm(folder, { recursive: true, force: true });
