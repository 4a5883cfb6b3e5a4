import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { startPostgres, whyNoPostgres, type PostgresServer } from "../../src/ledger/postgres/postgres-server.conformance.ts";
import { call, datasetBytes, result, start, startTeacher, temporaryFolder, type Ended } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

interface Line {
  readonly run: string;
  readonly lineage: string;
  readonly state: string;
}

function linesOf({ stdout }: Ended): Line[] {
  return stdout
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** Every row of every table, ours and the queue's. */
async function databaseText(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname LIKE 'apprentice%'",
    );
    const rows: unknown[] = [];
    for (const { name } of tables.rows) rows.push(name, (await client.query(`SELECT * FROM ${name}`)).rows);
    return JSON.stringify(rows, (_, value: unknown) => (isBytes(value) ? Buffer.from(value.data).toString("latin1") : value));
  } finally {
    await client.end();
  }
}

function isBytes(value: unknown): value is { readonly data: number[] } {
  return typeof value === "object" && value !== null && "type" in value && value.type === "Buffer";
}

function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return names.map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
}

describe("a fleet", skippedIf(whyNoPostgres), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => await server[Symbol.asyncDispose]());

  test(
    "workers share a run: the dataset is the one that a single process makes, and nothing was asked twice",
    { timeout: 240_000 },
    async () => {
      await using folder = await temporaryFolder();
      const at = (name: string): string => join(folder.path, name);
      const repository = smallRepository(at("repository"));
      await using teacher = await startTeacher(at("log.jsonl"), ["--latency-ms", "40"]);
      const flags = [
        "--repo",
        repository,
        "--base-url",
        teacher.url,
        "--model",
        "scripted",
        "--lineages",
        "12",
        "--concurrency",
        "2",
        "--json",
      ];
      const alone = await call(["generate", ...flags, "--run", at("alone")]);
      const askedAlone = (await teacher.log()).length;
      flags.push("--api-key-env", "SOME_KEY");
      const secrets = ["canary-of-the-database", "canary-of-the-teacher"];
      const environment = { FLEET_URL: server.url.replace("apprentice@", `apprentice:${secrets[0]}@`), SOME_KEY: secrets[1] ?? "" };
      const worker = ["worker", "--database-url-env", "FLEET_URL", "--concurrency", "2", "--idle-seconds", "5", "--json"];
      const workers = [start(worker, { environment }), start(worker, { environment })];
      const led = await call(["generate", ...flags, "--run", at("led"), "--database-url-env", "FLEET_URL"], { environment });
      expect([alone.status, led.status], led.stderr).toEqual([0, 0]);
      expect(led.stderr.match(/^A worker has joined: /gm)).toHaveLength(2);
      expect(await datasetBytes(at("led"))).toEqual(await datasetBytes(at("alone")));
      const { runDir: _a, files: _b, durationSeconds: _c, ...totals } = result(led);
      expect(result(alone)).toMatchObject(totals);
      expect((await teacher.log()).length).toBe(2 * askedAlone);
      const done = await Promise.all(workers.map(async ({ ended }) => await ended));
      expect(done.map(({ status }) => status)).toEqual([0, 0]);
      const taken = done.flatMap(linesOf);
      expect(done.every((ended) => linesOf(ended).length > 0)).toBe(true);
      expect(new Set(taken.map(({ lineage }) => lineage)).size).toBe(taken.length);
      expect(taken.length).toBeLessThan(12);

      const written = [
        await databaseText(server.url),
        ...filesIn(at("led")),
        ...[led, ...done].flatMap(({ stdout, stderr }) => [stdout, stderr]),
      ];
      expect(written[0]).toContain('"lineage"');
      expect(secrets.filter((secret) => written.some((text) => text.includes(secret)))).toEqual([]);

      // What reads a run finds it by the same variable, and says which where it is not set.
      expect(result(await call(["verify", at("led"), "--json"], { environment }))).toEqual({ ok: true, problems: [] });
      const unset = await call(["report", at("led")], { environment: { FLEET_URL: "" } });
      expect([unset.status, unset.stderr]).toEqual([
        2,
        expect.stringContaining("lies in a database, and the environment variable FLEET_URL is not set"),
      ]);
      const grown = await call(["generate", "--run", at("led"), "--lineages", "14", "--json"], { environment });
      expect(result(grown)["lineages"]).toMatchObject({ total: 14, unfinished: 0 });
    },
  );

  test(
    "requests at once and the budget hold for all workers together, and the run goes on when there is more money",
    { timeout: 240_000 },
    async () => {
      await using folder = await temporaryFolder();
      const at = (name: string): string => join(folder.path, name);
      const repository = smallRepository(at("repository"));
      await using teacher = await startTeacher(at("log.jsonl"), ["--latency-ms", "60"]);
      const prices = "{ inputPerMtok: 1, cachedPerMtok: 1, outputPerMtok: 1 }";
      const settings = `{ kind: endpoint, baseUrl: "${teacher.url}", model: scripted, maxParallelRequests: 3, prices: ${prices} }`;
      await writeFile(
        at("apprentice.yaml"),
        `lineages: 14\nconcurrency: 4\nrepositories: [{ path: ${repository} }]\nteachers: [${settings}]\nrollout: { maxOutputTokens: 200 }\n`,
      );
      const environment = { FLEET_URL: server.url };
      const workers = [1, 2].map(() => start(["worker", "--database-url-env", "FLEET_URL", "--concurrency", "4"], { environment }));
      const generate = async (...more: string[]): Promise<Ended> =>
        await call(
          ["generate", "--config", at("apprentice.yaml"), "--database-url-env", "FLEET_URL", "--run", at("run"), "--json", ...more],
          { environment },
        );
      const stopped = await generate("--budget-usd", "0.2");
      expect(stopped.status, stopped.stderr).toBe(3);
      const spent = Number(result(stopped)["costUsd"]);
      expect([spent > 0.15, spent <= 0.2]).toEqual([true, true]);
      const done = await generate("--budget-usd", "5");
      expect(done.status, done.stderr).toBe(0);
      expect(result(done)["lineages"]).toMatchObject({ total: 14, failed: 0, unfinished: 0 });
      for (const { child } of workers) child.kill("SIGINT");
      const ended = await Promise.all(workers.map(async (worker) => await worker.ended));
      expect(ended.map(({ status }) => status)).toEqual([130, 130]);
      expect(ended.some(({ stdout }) => stdout.includes("kept"))).toBe(true);
      const log = (await teacher.log()) as unknown as { readonly inFlight: number }[];
      expect(Math.max(...log.map(({ inFlight }) => inFlight))).toBe(3);
    },
  );

  test("a worker that cannot take part says why, and others do the work", { timeout: 240_000 }, async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const repository = smallRepository(at("repository"));
    await using teacher = await startTeacher(at("log.jsonl"), ["--latency-ms", "60"]);
    const environment = { FLEET_URL: server.url };
    const flags = [
      "--repo",
      repository,
      "--base-url",
      teacher.url,
      "--model",
      "scripted",
      "--api-key-env",
      "SOME_KEY",
      "--lineages",
      "4",
      "--concurrency",
      "1",
    ];
    const worker = start(["worker", "--database-url-env", "FLEET_URL"], { environment });
    const led = await call(["generate", ...flags, "--database-url-env", "FLEET_URL", "--run", at("run"), "--json"], {
      environment: { ...environment, SOME_KEY: "a-key-of-the-teacher" },
    });
    expect(led.status, led.stderr).toBe(0);
    worker.child.kill("SIGTERM");
    const ended = await worker.ended;
    expect([ended.status, ended.stdout]).toEqual([143, ""]);
    expect(ended.stderr).toMatch(
      /is left to others for now: the environment variable SOME_KEY is not set, which holds the teacher's key\./,
    );
    const odd = await call(["worker"], { environment: { APPRENTICE_DATABASE_URL: "a-password-alone" } });
    expect([odd.status, odd.stderr]).toEqual([2, expect.stringContaining("APPRENTICE_DATABASE_URL does not hold the address")]);
    expect(odd.stderr).not.toContain("a-password-alone");
    const unset = await call(["worker"], { environment: { APPRENTICE_DATABASE_URL: "" } });
    expect([unset.status, unset.stderr]).toEqual([2, expect.stringContaining("APPRENTICE_DATABASE_URL is not set")]);
    await writeFile(at("apprentice.yaml"), "database: env:FLEET_URL\n");
    const doctor = async (url: string): Promise<string> =>
      (await call(["doctor"], { folder: folder.path, environment: { FLEET_URL: url } })).stdout;
    expect(await doctor(server.url)).toMatch(/^ok +database: Postgres \d+.*, fsync on/m);
    expect(await doctor("postgres://u:a-password@127.0.0.1:1/d")).toMatch(/^BAD +database: The database cannot be reached .*ECONNREFUSED/m);
    const public_ = { FLEET_URL: "postgres://u:a-password@8.8.8.8:5432/d", SOME_KEY: "a-key-of-the-teacher" };
    const told = await call(["generate", ...flags, "--database-url-env", "FLEET_URL", "--privacy", "local", "--run", at("other")], {
      environment: public_,
    });
    expect([told.status, told.stderr]).toEqual([2, expect.stringContaining("8.8.8.8:5432 is a public address, and privacy is local")]);
    expect(told.stderr).not.toContain("a-password");
    const nowhere = await call(["generate", ...flags, "--database-url-env", "NOT_THERE", "--run", at("other")], {
      environment: { SOME_KEY: "a-key" },
    });
    expect([nowhere.status, nowhere.stderr]).toEqual([2, expect.stringContaining("NOT_THERE is not set")]);
  });

  test(
    "with the database gone it waits, ends at once when it is told to, and goes on when the database is back",
    { timeout: 240_000 },
    async () => {
      await using folder = await temporaryFolder();
      const at = (name: string): string => join(folder.path, name);
      const repository = smallRepository(at("repository"));
      await using teacher = await startTeacher(at("log.jsonl"), ["--latency-ms", "80"]);
      await using own = await startPostgres();
      const environment = { FLEET_URL: own.url };
      const flags = [
        "--repo",
        repository,
        "--base-url",
        teacher.url,
        "--model",
        "scripted",
        "--lineages",
        "8",
        "--concurrency",
        "2",
        "--json",
      ];
      const led = ["generate", ...flags, "--run", at("led"), "--database-url-env", "FLEET_URL"];
      const processes = [
        start(led, { environment }),
        start(["worker", "--database-url-env", "FLEET_URL", "--concurrency", "2"], { environment }),
      ];
      await expect.poll(async () => (await teacher.log()).length, { interval: 50, timeout: 60_000 }).toBeGreaterThan(30);
      await own.kill();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(processes.map(({ child }) => child.exitCode)).toEqual([null, null]);
      const toldMs = performance.now();
      for (const { child } of processes) child.kill("SIGTERM");
      const ended = await Promise.all(processes.map(async (each) => await each.ended));
      expect(performance.now() - toldMs).toBeLessThan(10_000);
      expect(ended.map(({ status }) => status)).toEqual([143, 143]);
      for (const { stderr } of ended) expect(stderr).toMatch(/^The database cannot be reached \(.*\); waiting for it …$/m);
      expect(ended.map(({ stderr }) => stderr).join("")).not.toContain("fault of Apprentice");
      const without = await call(["report", at("led")], { environment: { FLEET_URL: own.url.replace("/postgres", "/nothing") } });
      expect(without.status).toBe(2);
      await own.start();
      const done = await call(led, { environment });
      expect(done.status, done.stderr).toBe(0);
      expect(result(done)["lineages"]).toMatchObject({ total: 8, failed: 0, unfinished: 0 });
      const asked = (await teacher.log()).length;
      const alone = await call(["generate", ...flags, "--run", at("alone")]);
      expect(alone.status).toBe(0);
      expect(await datasetBytes(at("led"))).toEqual(await datasetBytes(at("alone")));
      // What was in flight as they ended was asked again, and nothing else.
      expect(asked - ((await teacher.log()).length - asked)).toBeLessThanOrEqual(4);
    },
  );

  test("Ctrl-C where the run was begun drains the whole fleet, and workers wait for it to go on", { timeout: 240_000 }, async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    const repository = smallRepository(at("repository"));
    await using teacher = await startTeacher(at("log.jsonl"), ["--latency-ms", "60"]);
    const environment = { FLEET_URL: server.url };
    const flags = [
      "--repo",
      repository,
      "--base-url",
      teacher.url,
      "--model",
      "scripted",
      "--lineages",
      "14",
      "--concurrency",
      "2",
      "--json",
    ];
    const led = ["generate", ...flags, "--run", at("led"), "--database-url-env", "FLEET_URL"];
    const worker = start(["worker", "--database-url-env", "FLEET_URL", "--concurrency", "2", "--json"], { environment });
    const first = start(led, { environment });
    await expect.poll(async () => (await teacher.log()).length, { interval: 50, timeout: 60_000 }).toBeGreaterThan(90);
    first.child.kill("SIGINT");
    const drained = await first.ended;
    expect(drained.status, drained.stderr).toBe(130);
    const { lineages, possiblyPaid } = result(drained) as { lineages: Record<string, number>; possiblyPaid: number };
    expect(lineages).toMatchObject({ total: 14, failed: 0 });
    expect(lineages["unfinished"]).toBeGreaterThan(0);
    expect(possiblyPaid).toBe(0);
    const asked = (await teacher.log()).length;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect([(await teacher.log()).length, worker.child.exitCode]).toEqual([asked, null]);
    const done = await call(led, { environment });
    expect(result(done)["lineages"]).toMatchObject({ total: 14, failed: 0, unfinished: 0 });
    worker.child.kill("SIGINT");
    expect((await worker.ended).status).toBe(130);
  });
});
