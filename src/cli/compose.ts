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
import type { RunStore } from "../ledger/run-store.ts";
import { createAnthropicMessages } from "../model/anthropic-messages/anthropic-messages.ts";
import { guardedLookup } from "../model/endpoint-reach.ts";
import { createOpenAiChat } from "../model/openai-chat/openai-chat.ts";
import type { EndpointModel } from "../model/endpoint-model.ts";
import type { EndpointOptions } from "../model/model.ts";
import { endpointsOf, type Dialect } from "../model/model-config.ts";
import { createModelPool, type WatchedPool } from "../model/pool/model-pool.ts";
import { costUsd, priceOf, worstCaseUsd, type Price } from "../model/prices.ts";
import type { Budget } from "../records/budget.ts";
import type { Failure } from "../records/failure.ts";
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

export { runWriter } from "../ledger/local/run-lock.ts";

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
}

export async function openRun(options: OpenRunOptions): Promise<Result<RunStore, Failure>> {
  return await openLocalRun(options);
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

/** What the teacher's tokens cost; null: not known. */
export function priceOfTeacher({ teachers: [teacher] }: Config): Price | null {
  if (teacher === undefined) throw new Error("a checked config names a teacher");
  return teacher.kind === "scripted" ? priceOf("scripted") : priceOf(teacher.model, teacher.prices);
}

const dialects: Readonly<Record<Dialect, (options: EndpointOptions) => EndpointModel>> = {
  "openai-chat": createOpenAiChat,
  "anthropic-messages": createAnthropicMessages,
};

/** A teacher, its model at each endpoint, and the pool of these. */
export interface OpenTeacher {
  readonly teacher: Teacher;
  readonly models: readonly EndpointModel[];
  readonly pool: WatchedPool;
}

/** A teacher and what must be closed after its use: a pool of connections, and the server of the scripted one. */
export async function openTeacher(config: Config, secrets: readonly Secret[]): Promise<OpenTeacher & AsyncDisposable> {
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
  const pool = createModelPool({ models, clock: systemClock, most: config.concurrency });
  const price = priceOfTeacher(config);
  const teacher: Teacher = {
    pool,
    costUsd: (usage) => costUsd(usage, price),
    // The largest bound on a reply that any of the endpoints is sent.
    worstCaseUsd: (request) => {
      const bounds = models.map((model) => model.mostOutputTokens(request));
      const known = bounds.filter((bound) => bound !== null);
      return worstCaseUsd({ ...request, maxOutputTokens: known.length < bounds.length ? null : Math.max(...known) }, price);
    },
  };
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
}

export function journeyContext(parts: ContextParts): JourneyContext {
  const { config, run, sandboxes, toolset, scrubber, onStep } = parts;
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
  };
}

/** Known to whoever has the run alone: its identity's own hash, which datasets name, does not lead to it. */
export function redactionKey(identity: unknown): string {
  return sha256Hex(`redaction ${canonicalJson(identity)}`);
}
