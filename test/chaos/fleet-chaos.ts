import { rmSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { drawUnit } from "../../src/base/draw.ts";
import { createScrubber } from "../../src/base/secret.ts";
import { openPostgresRun } from "../../src/ledger/postgres/postgres-run.ts";
import { startPostgres, type PostgresServer } from "../../src/ledger/postgres/postgres-server.conformance.ts";
import { readPlace } from "../../src/ledger/run-folder.ts";
import { call, datasetBytes, result, start, startTeacher, type Ended, type Started } from "../e2e/command-line.ts";
import { smallRepository } from "../e2e/small-repository.ts";
import { accountOf } from "./account.ts";
import { faults, leftIn, type ChaosEnd, type ChaosOrder } from "./chaos.ts";
import { silentWay, type SilentWay } from "./silent-way.ts";

export interface FleetChaosOrder extends Omit<ChaosOrder, "onKill"> {
  readonly workers: number;
  readonly onAccident?: (accident: { readonly number: number; readonly kind: Accident; readonly worker: number }) => void;
}

/** `accidents`: how often each kind met a run that was under way; `byWorkers`: lineages that workers ended, not the process that leads. */
export interface FleetChaosEnd extends ChaosEnd {
  readonly byWorkers: number;
  readonly accidents: Readonly<Partial<Record<Accident, number>>>;
}

/**
 * `worker`: killed with -9, its disk deleted, another one started; `leader`: the process that began the run, killed and begun again;
 * `database`: killed with -9 and started again; `asleep`: a worker that stands still for so long that others take its lineages, and then
 * wakes; `network`: a worker that for a while hears nothing from the database.
 */
const accidents = ["worker", "worker", "worker", "worker", "worker", "leader", "database", "asleep", "network"] as const;
type Accident = (typeof accidents)[number];

const databaseVariable = "FLEET_URL";
/** Longer than a lineage's worker may be silent. */
const asleepMs = 24_000;

/** As `chaos`, over a run that several workers share through Postgres. */
export async function fleetChaos(order: FleetChaosOrder): Promise<FleetChaosEnd> {
  const { folder, lineages, concurrency, latencyMs, workers } = order;
  const repository = smallRepository(join(folder, "repository"), 12, Math.ceil(lineages / 15));
  const log = join(folder, "teacher.jsonl");
  await chmod(folder, 0o711);
  await using server = await startPostgres();
  const teacherFlags = ["--faults", faults, "--faults-in-a-row", "2"];
  await using calm = await startTeacher(join(folder, "calm.jsonl"), teacherFlags);
  await using teacher = await startTeacher(log, [...teacherFlags, "--latency-ms", String(latencyMs)]);
  const argsFor = async (name: string, url: string): Promise<string[]> => {
    const config = join(folder, `${name}.yaml`);
    const settings = [
      `lineages: ${lineages}`,
      `concurrency: ${concurrency}`,
      `repositories: [{ path: ${repository} }]`,
      `teachers: [{ kind: endpoint, baseUrl: "${url}", model: scripted }]`,
      "rollout: { deadlines: { firstByteMs: 1000, stallMs: 1000 } }",
    ];
    await writeFile(config, `${settings.join("\n")}\n`);
    return ["generate", "--config", config, "--run", join(folder, name), "--json"];
  };
  const run = join(folder, "run");
  const temporary = join(folder, "tmp");
  await mkdir(temporary);
  const environment = { [databaseVariable]: server.url, TMPDIR: temporary, APPRENTICE_CACHE: join(folder, "cache") };
  const led = [...(await argsFor("run", teacher.url)), "--database-url-env", databaseVariable];
  const fleet = new Fleet({ folder, server, led, environment, concurrency });
  const met = await fleet.livesThrough(workers, order);
  const last = await call(led, { environment });
  const undisturbed = await call(await argsFor("still", calm.url), { environment });
  for (const { status, stderr } of [last, undisturbed]) if (status !== 0) throw new Error(`generate ended with ${status}: ${stderr}`);
  const verified = result(await call(["verify", run, "--json"], { environment }));
  const [bytes, wanted] = [await datasetBytes(run), await datasetBytes(join(folder, "still"))];
  const place = await readPlace(run);
  const opened = await openPostgresRun({ url: server.url, run: place?.run ?? "", dir: run, scrubber: createScrubber([]), write: false });
  if (!opened.ok) throw new Error(opened.error.message);
  await using stores = opened.value;
  return {
    kills: Object.values(met).reduce((sum, count) => sum + count, 0),
    accidents: met,
    byWorkers: fleet.byWorkers,
    account: await accountOf(stores.journal.entries(), log),
    possiblyPaid: Number(result(last)["possiblyPaid"]),
    isDatasetEqual: JSON.stringify(bytes) === JSON.stringify(wanted),
    lineages: result(last)["lineages"] as Record<string, number>,
    problems: verified["problems"] as string[],
    left: leftIn(folder, temporary),
  };
}

interface FleetParts {
  readonly folder: string;
  readonly server: PostgresServer;
  /** How the run is begun, and gone on with. */
  readonly led: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly concurrency: number;
}

interface Worker {
  readonly disk: string;
  readonly way: SilentWay;
  readonly process: Started;
}

class Fleet {
  readonly #parts: FleetParts;
  readonly #workers: Worker[] = [];
  readonly #pending: Promise<void>[] = [];
  byWorkers = 0;
  #disks = 0;
  #leader: Started | null = null;
  #ended: Ended | null = null;

  constructor(parts: FleetParts) {
    this.#parts = parts;
  }

  /** Has accidents until it had enough or the run is done; then the run is waited for, and the workers are ended. */
  async livesThrough(count: number, { kills, seed, onAccident }: FleetChaosOrder): Promise<Partial<Record<Accident, number>>> {
    const met: Partial<Record<Accident, number>> = {};
    this.#lead();
    for (let index = 0; index < count; index++) this.#workers.push(await this.#startWorker());
    for (let number = 1; number <= kills && this.#ended === null; number++) {
      await sleep(500 + 3_500 * drawUnit(seed, "pause", String(number)));
      const kind = accidents[Math.floor(drawUnit(seed, "accident", String(number)) * accidents.length)] ?? "worker";
      const worker = Math.floor(drawUnit(seed, "worker", String(number)) * count);
      if (this.#ended !== null) break;
      onAccident?.({ number, kind, worker });
      await this.#happens(kind, worker);
      met[kind] = (met[kind] ?? 0) + 1;
    }
    await Promise.all(this.#pending);
    while (this.#ended === null) await sleep(200);
    for (const { process, way } of this.#workers) {
      process.child.kill("SIGTERM");
      await process.ended;
      await way[Symbol.asyncDispose]();
    }
    return met;
  }

  async #happens(kind: Accident, index: number): Promise<void> {
    const worker = this.#workers[index];
    if (worker === undefined) throw new Error("no such worker");
    switch (kind) {
      case "worker": {
        worker.process.child.kill("SIGKILL");
        await worker.process.ended;
        await worker.way[Symbol.asyncDispose]();
        rmSync(worker.disk, { recursive: true, force: true, maxRetries: 3 });
        this.#workers[index] = await this.#startWorker();
        return;
      }
      case "leader": {
        const leader = this.#leader;
        this.#leader = null;
        leader?.child.kill("SIGKILL");
        const ended = await leader?.ended;
        if (ended?.signal === "SIGKILL") this.#lead();
        return;
      }
      case "database":
        await this.#parts.server.kill();
        await sleep(700);
        return await this.#parts.server.start();
      case "asleep":
        worker.process.child.kill("SIGSTOP");
        this.#pending.push(sleep(asleepMs).then(() => void worker.process.child.kill("SIGCONT")));
        return;
      case "network":
        worker.way.lose();
        this.#pending.push(sleep(asleepMs).then(() => worker.way.restore()));
    }
  }

  #lead(): void {
    const leader = start(this.#parts.led, { environment: this.#parts.environment });
    this.#leader = leader;
    void leader.ended.then((ended) => (this.#leader === leader ? (this.#ended = ended) : null));
  }

  /** With a disk of its own and its own way to the database. */
  async #startWorker(): Promise<Worker> {
    const { folder, server, concurrency } = this.#parts;
    const disk = join(folder, `disk-${this.#disks++}`);
    await mkdir(join(disk, "tmp"), { recursive: true });
    const way = await silentWay(server.url);
    const environment = { [databaseVariable]: way.url, TMPDIR: join(disk, "tmp"), APPRENTICE_CACHE: join(disk, "cache") };
    const args = ["worker", "--database-url-env", databaseVariable, "--concurrency", String(concurrency)];
    const process = start(args, { environment });
    process.child.stdout?.on("data", (text: string) => (this.byWorkers += text.split("\n").length - 1));
    return { disk, way, process };
  }
}
