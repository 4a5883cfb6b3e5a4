import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson, sha256Hex } from "../base/hash.ts";
import { systemClock } from "../base/clock.ts";
import { Secret, type Scrubber } from "../base/secret.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Config } from "../config/config-schema.ts";
import { createSnapshotShelf } from "../journey/intake/snapshot-shelf.ts";
import type { JourneyContext } from "../journey/journey-context.ts";
import { openLocalRun } from "../ledger/local/local-run.ts";
import type { Database } from "../ledger/postgres/database.ts";
import type { PostgresRun } from "../ledger/postgres/postgres-run.ts";
import { holdsRun, readPlace, type DatabasePlace } from "../ledger/run-folder.ts";
import type { RunStore } from "../ledger/run-store.ts";
import { createAnthropicMessages } from "../model/anthropic-messages/anthropic-messages.ts";
import { guardedLookup } from "../model/endpoint-reach.ts";
import { createOpenAiChat } from "../model/openai-chat/openai-chat.ts";
import type { EndpointModel } from "../model/endpoint-model.ts";
import type { EndpointOptions, Model } from "../model/model.ts";
import { endpointsOf, type Dialect } from "../model/model-config.ts";
import { createModelPool, type WatchedPool } from "../model/pool/model-pool.ts";
import { priceOf, type Price } from "../model/prices.ts";
import { gpuPricing, tokenPricing } from "../model/pricing.ts";
import { StorageError } from "../ledger/storage-error.ts";
import type { Budget } from "../records/budget.ts";
import type { EndpointShare } from "../records/endpoint-share.ts";
import { failure, type Failure } from "../records/failure.ts";
import type { Teacher } from "../rollout/ask.ts";
import { createRedactor } from "../redact/redactor.ts";
import { makeScratch, type Scratch } from "../repository/scratch.ts";
import { defaultCacheRoot } from "../sandbox/cache-root.ts";
import { folderLeftover, type Leftover } from "../sandbox/leftover.ts";
import type { SandboxBackend } from "../sandbox/sandbox.ts";
import type { Toolset } from "../toolsets/toolset.ts";

/** Joins contracts and backends: the only place that names the latter. */

export const sandboxKinds: Readonly<Record<Config["sandbox"]["kind"], () => Promise<SandboxBackend>>> = {
  bubblewrap: async () => (await import("../sandbox/bubblewrap/bubblewrap.ts")).createBubblewrap(),
  docker: async () => (await import("../sandbox/docker/docker.ts")).createDocker(),
  none: async () => (await import("../sandbox/none/none.ts")).createPlainProcesses(),
};

export { runWriter } from "../ledger/run-lock.ts";

/** Temporary files that outlast a process; each user of the machine has an own folder. */
export const temporaryRoot = join(tmpdir(), `apprentice-${process.getuid?.() ?? "user"}`);

/** Temporary files of this process. */
export const scratchRoot = join(temporaryRoot, String(process.pid));

/** A folder under `scratchRoot` for the length of a command; it leaves nothing. */
export async function commandScratch(): Promise<Scratch> {
  const scratch = await makeScratch(scratchRoot);
  const dispose = async (): Promise<void> => {
    await scratch[Symbol.asyncDispose]();
    await rmdir(scratchRoot).catch(() => undefined);
  };
  return { path: scratch.path, [Symbol.asyncDispose]: dispose };
}

/** Removes what processes that are gone have left behind, and our own when `own`. */
export async function sweepScratch(own: boolean): Promise<void> {
  for (const { remove } of await deadScratch()) await remove();
  if (own) await rm(scratchRoot, { recursive: true, force: true, maxRetries: 3 });
}

/** Temporary files of processes that are gone. */
export async function deadScratch(): Promise<Leftover[]> {
  const names = await readdir(temporaryRoot).catch(() => []);
  const dead = names.filter((name) => /^\d+$/.test(name) && !isAlive(Number(name)));
  return await Promise.all(dead.map((name) => folderLeftover(join(temporaryRoot, name), "cache")));
}

/** What `dataset` remembers of tokens and of samples from one call to the next. */
export const datasetCaches = { counts: join(defaultCacheRoot(), "counts"), facts: join(defaultCacheRoot(), "facts") } as const;

/** Those of them that are there. */
export async function datasetLeftovers(): Promise<Leftover[]> {
  const there = Object.values(datasetCaches).filter((folder) => existsSync(folder));
  return await Promise.all(there.map((folder) => folderLeftover(folder, "cache")));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

export interface OpenRunOptions {
  readonly dir: string;
  readonly scrubber: Scrubber;
  readonly write: boolean;
  /** env:NAME of the variable with the address of the database where a new run is to be; null or left out: in the folder. */
  readonly database?: string | null;
  readonly onWait?: (reason: string) => void;
  /** Aborted: nothing waits for the database any more. */
  readonly giveUp?: AbortSignal;
}

/** Opens a run in the form it has, or a new one in the form that is asked for. */
export async function openRun(options: OpenRunOptions): Promise<Result<RunStore, Failure>> {
  const { dir, database = null } = options;
  const before = await placeOf(dir);
  if (!before.ok) return before;
  const named = database ?? before.value?.database ?? null;
  if (named === null) return await openLocalRun(options);
  if (before.value === null && holdsRun(dir)) {
    const message = `The run in ${dir} was begun without a database and goes on without one: leave out --database-url-env, or name another --run.`;
    return err(failure({ boundary: "storage", code: "other-form", message, wholeRun: true }));
  }
  const url = databaseUrl(named);
  const problem = databaseProblem(named, url);
  if (url === null || problem !== null) {
    const message = `The run in ${dir} lies in a database, and ${problem}.`;
    return err(failure({ boundary: "storage", code: "database-not-named", message, wholeRun: true }));
  }
  const place: DatabasePlace = { version: 1, run: before.value?.run ?? randomUUID(), database: named };
  const { openPostgresRunFolder } = await import("../ledger/postgres/postgres-run-folder.ts");
  const times = options.write ? fleetTimes : { patienceMs: readerPatienceMs };
  return await openPostgresRunFolder({ ...options, ...times, url: url.reveal(), place });
}

async function placeOf(dir: string): Promise<Result<DatabasePlace | null, Failure>> {
  try {
    return ok(await readPlace(dir));
  } catch (error) {
    if (error instanceof StorageError) return err(error.failure);
    throw error;
  }
}

/** A run with its stores in a database, which workers may join; null: it lies in its folder. */
export function sharedRun(run: RunStore): PostgresRun | null {
  return "putWithin" in run ? (run as PostgresRun) : null;
}

export type { Lease } from "../ledger/postgres/postgres-store.ts";
export type { PostgresRun, Database as FleetDatabase };

/** What waits for a database holds replies that were paid for, so it waits long. */
const readerPatienceMs = 5_000;
const fleetTimes = { connections: 8, patienceMs: 15 * 60_000 };

/** The database of a fleet, for a worker: it belongs to no run. */
export async function openFleetDatabase(
  url: Secret,
  waiting: { readonly onWait: (reason: string) => void; readonly giveUp: AbortSignal },
): Promise<Result<Database, Failure>> {
  const { openDatabase } = await import("../ledger/postgres/postgres-run.ts");
  return await openDatabase({ ...fleetTimes, ...waiting, url: url.reveal() });
}

/** The stores of a run of the fleet, for a worker. */
export async function openFleetRun(database: Database, run: string, scrubber: Scrubber): Promise<PostgresRun> {
  const { postgresRun } = await import("../ledger/postgres/postgres-run.ts");
  return postgresRun(database, { run, dir: scratchRoot, scrubber, write: true });
}

/** The address that a variable holds; null: it is not set. `variable`: env:NAME. */
export function databaseUrl(variable: string): Secret | null {
  const name = variable.slice("env:".length);
  const value = process.env[name]?.trim() ?? "";
  return value === "" ? null : new Secret(name, value);
}

/** Why a variable does not name a database, as it goes after a comma; null: it does. */
export function databaseProblem(variable: string, url: Secret | null): string | null {
  const name = variable.slice("env:".length);
  const wanted = "the address of a Postgres database, such as postgres://user:password@host:5432/name";
  if (url === null) return `the environment variable ${name} is not set: export it with ${wanted}`;
  return /^postgres(?:ql)?:\/\//.test(url.reveal()) ? null : `the environment variable ${name} does not hold ${wanted}`;
}

/** What of a database's address must not be written: itself, and the password in it. */
export function secretsOfDatabase(url: Secret | null): Secret[] {
  const password = url === null ? null : URL.parse(url.reveal())?.password;
  if (url === null || password === null || password === undefined || password === "") return [];
  return [url, new Secret(url.name, decodeURIComponent(password))];
}

/** The keys a config names, from the environment; an unset variable is the error's name. */
export function secretsOf(config: Config): Result<Secret[], { readonly variable: string }> {
  const secrets: Secret[] = [];
  const names = new Set(config.teachers.flatMap((teacher) => endpointsOf(teacher).flatMap(({ apiKey }) => apiKey ?? [])));
  for (const name of names) {
    const variable = name.slice("env:".length);
    // A file's newline at its end is no part of a key.
    const value = process.env[variable]?.trim() ?? "";
    if (value === "") return err({ variable });
    secrets.push(new Secret(variable, value));
  }
  return ok(secrets);
}

/** What the settings say of the teacher's terms; null: nothing. */
export function termsOfTeacher({ teachers: [teacher] }: Config): boolean | null {
  return teacher?.kind === "endpoint" ? teacher.termsAllowTraining : null;
}

/** Whether it is known what the teacher costs, by tokens or by the hour. */
export function isPriced(config: Config): boolean {
  const [teacher] = config.teachers;
  return (teacher?.kind === "endpoint" && teacher.gpuPrice !== null) || priceOfTeacher(config) !== null;
}

/** What the teacher's tokens cost; null: not known. */
function priceOfTeacher({ teachers: [teacher] }: Config): Price | null {
  if (teacher === undefined) throw new Error("a checked config names a teacher");
  return teacher.kind === "scripted" ? priceOf("scripted") : priceOf(teacher.model, teacher.prices);
}

const dialects: Readonly<Record<Dialect, (options: EndpointOptions) => EndpointModel>> = {
  "openai-chat": createOpenAiChat,
  "anthropic-messages": createAnthropicMessages,
};

/** Calls at once that the settings allow at each endpoint; null: as many as lineages are followed. */
export function mostCallsOf({ teachers: [teacher] }: Config): number | null {
  return teacher?.kind === "endpoint" ? teacher.maxParallelRequests : null;
}

/** A teacher, its model at each endpoint, and the pool of these. */
export interface OpenTeacher {
  readonly teacher: Teacher;
  readonly models: readonly EndpointModel[];
  readonly pool: WatchedPool;
}

/** A teacher and what must be closed after its use: a pool of connections, and the server of the scripted one. */
export async function openTeacher(
  config: Config,
  secrets: readonly Secret[],
  shareOf?: (endpoint: string) => EndpointShare,
): Promise<OpenTeacher & AsyncDisposable> {
  const [choice] = config.teachers;
  if (choice === undefined) throw new Error("a checked config names a teacher");
  await using opened = new AsyncDisposableStack();
  const { firstByteMs, stallMs } = config.rollout.deadlines;
  const dialect = choice.kind === "scripted" ? "openai-chat" : choice.dialect;
  const told =
    choice.kind === "scripted" ? {} : { sendReasoning: choice.sendReasoning, quirks: choice.quirks, extraBody: choice.extraBody };
  let endpoints = endpointsOf(choice);
  if (choice.kind === "scripted") {
    const { latencyMs, faults } = choice;
    const { startScriptedTeacher } = await import("../scripted/scripted-teacher.ts");
    const server = await startScriptedTeacher({ port: 0, seed: config.seed, latencyMs, faults, faultsInARow: null, logPath: null });
    opened.use(server);
    endpoints = [{ baseUrl: server.openaiBaseUrl, apiKey: null }];
  }
  const name = choice.kind === "scripted" ? "scripted" : choice.model;
  const models = endpoints.map(({ baseUrl, apiKey: variable }) => {
    const apiKey = secrets.find((secret) => `env:${secret.name}` === variable) ?? null;
    const lookup = guardedLookup(baseUrl, config);
    return opened.use(dialects[dialect]({ baseUrl, model: name, apiKey, firstByteMs, stallMs, lookup, ...told }));
  });
  // Alone, the limit of an endpoint is this process's; else all have agreed on shares of it.
  const most = shareOf === undefined ? Math.min(config.concurrency, mostCallsOf(config) ?? Infinity) : config.concurrency;
  const sharedAt = new Map<Model, EndpointShare>(
    shareOf === undefined ? [] : models.map((model, index) => [model, shareOf(`${endpoints[index]?.baseUrl} ${name}`)]),
  );
  const pool = createModelPool({ models, clock: systemClock, most, shareOf: (model) => sharedAt.get(model) ?? null });
  const gpu = choice.kind === "endpoint" ? choice.gpuPrice : null;
  const others = (model: Model): number => sharedAt.get(model)?.othersInFlight ?? 0;
  const pricing = gpu === null ? tokenPricing(models, priceOfTeacher(config)) : gpuPricing(models, gpu, { clock: systemClock, others });
  const teacher: Teacher = { pool, ...pricing };
  const kept = opened.move();
  return { teacher, models, pool, [Symbol.asyncDispose]: async () => await kept.disposeAsync() };
}

export interface ContextParts {
  readonly config: Config;
  readonly run: Pick<RunStore, "ledger" | "journal" | "artifacts">;
  readonly teacher: Teacher;
  readonly budget: Budget;
  readonly sandboxes: SandboxBackend;
  readonly toolset: Toolset;
  readonly scrubber: Scrubber;
  readonly secrets: readonly Secret[];
  /** Of the run: placeholders are the same whenever it goes on. */
  readonly identity: Readonly<Record<string, unknown>>;
  readonly onStep: () => void;
  readonly onStage?: NonNullable<JourneyContext["onStage"]>;
}

export function journeyContext(parts: ContextParts): JourneyContext {
  const { config, run, sandboxes, toolset, scrubber, onStep, onStage } = parts;
  const { ledger, journal, artifacts } = run;
  const { cacheRoot, snapshotOwner } = sandboxes;
  // A sparse file claims more than the workspace may hold; some slack, because a whole export holds the snapshot too.
  const mostExportBytes = 4 * config.sandbox.workspaceMiB * 1024 ** 2;
  return {
    seed: config.seed,
    rollout: config.rollout,
    sandbox: config.sandbox,
    ledger,
    journal,
    artifacts,
    asking: { teacher: parts.teacher, budget: parts.budget, clock: systemClock, tries: config.rollout.tries },
    sandboxes,
    toolset,
    shelf: createSnapshotShelf({ ledger, artifacts, cacheRoot, owner: snapshotOwner, scratchRoot, mostExportBytes, scrubber }),
    demonstrations: new Map(),
    redactor: config.rollout.redact ? createRedactor({ key: redactionKey(parts.identity), secrets: parts.secrets, personal: true }) : null,
    onStep,
    ...(onStage === undefined ? {} : { onStage }),
  };
}

/** Known to whoever has the run alone: its identity's own hash, which datasets name, does not lead to it. */
export function redactionKey(identity: unknown): string {
  return sha256Hex(`redaction ${canonicalJson(identity)}`);
}
