import { join } from "node:path";
import { contentId } from "../../base/hash.ts";
import type { Result } from "../../base/result.ts";
import { createScrubber, type Scrubber, type Secret } from "../../base/secret.ts";
import type { Config } from "../../config/config-schema.ts";
import { summariseRun, type RunSummary } from "../../journey/analysis/summarise-run.ts";
import { collectSamples, DropCounter } from "../../journey/dataset/collect-samples.ts";
import { runOrigins } from "../../journey/dataset/run-origins.ts";
import { wholeSamples } from "../../journey/dataset/whole-samples.ts";
import { writeDataset, type WrittenDataset } from "../../journey/dataset/write-dataset.ts";
import { runJourney } from "../../journey/run-journey.ts";
import { standingOf } from "../../ledger/spending.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import { createBudget } from "../../model/budget.ts";
import type { EndpointState } from "../../model/pool/endpoint-gate.ts";
import type { WatchedPool } from "../../model/pool/model-pool.ts";
import type { Failure } from "../../records/failure.ts";
import { noSpending, type Spending } from "../../records/usage.ts";
import type { Teacher } from "../../rollout/ask.ts";
import type { SandboxBackend } from "../../sandbox/sandbox.ts";
import type { Toolset } from "../../toolsets/toolset.ts";
import { CommandEnd, usageError, type Terminal } from "../command.ts";
import {
  databaseProblem,
  databaseUrl,
  isPriced,
  journeyContext,
  mostCallsOf,
  openTeacher,
  scratchRoot,
  secretsOf,
  secretsOfDatabase,
  sharedRun,
  sweepScratch,
  termsOfTeacher,
} from "../compose.ts";
import { tellDestinations } from "../destinations.ts";
import { openLead } from "../fleet/open-lead.ts";
import { openShares } from "../fleet/take-part.ts";
import { identityOf } from "./identity.ts";
import { closeInheritedFiles } from "./inherited-files.ts";
import { watchInterruption, type Interruption } from "./interruption.ts";
import { journeyEvents } from "./journey-events.ts";
import { loadToolset } from "./load-toolset.ts";
import { createProgress } from "./progress.ts";
import { mentionUnfinished, newRunFolder, openRunFor } from "../run-folder.ts";
import { noteRunPlace } from "./run-place.ts";
import { openRunLog, type RunLog } from "./run-log.ts";
import { serveMetrics } from "./run-metrics.ts";
import { isUsage, refusal } from "./refusal.ts";
import { imageOf, workingSandboxes } from "./sandboxes.ts";
import { toolVersion } from "../tool-version.ts";
import { liveDetails, watchRun } from "./run-watch.ts";
import { watchSpending } from "./watch-spending.ts";
import { writeReport } from "../write-report.ts";

export interface GenerateOrder {
  readonly config: Config;
  readonly run: string | null;
  readonly retryFailed: boolean;
  /** Where figures for Prometheus are served while it runs, on loopback; 0: any port that is free; null: nowhere. */
  readonly metricsPort: number | null;
}

/** How a run ended, with everything the summary and `--json` say. */
export interface Generated {
  readonly runDir: string;
  readonly summary: RunSummary;
  readonly dataset: WrittenDataset;
  readonly durationSeconds: number;
  readonly status: number;
  readonly stopped: Failure | null;
  /** How many lineages were asked for; a run may hold more. */
  readonly wanted: number;
  readonly budgetUsd: number | null;
}

/** Runs or resumes the journey up to the dataset and the report. Throws a CommandEnd where it cannot begin. */
export async function runGenerate(order: GenerateOrder, terminal: Terminal): Promise<Generated> {
  const startedMs = performance.now();
  const { config } = order;
  const secrets = secretsOf(config);
  if (!secrets.ok)
    throw usageError(
      `The environment variable ${secrets.error.variable} is not set: export it with the teacher's key, or name another with --api-key-env.`,
    );
  refuseBlindBudget(config);
  await tellDestinations(config, terminal);
  const toolset = await loadToolset(config.rollout);
  const scrubber = createScrubber([...secrets.value, ...secretsOfDatabase(addressOf(config))]);
  terminal.hide(scrubber);
  // Settings may have come by such a file (--config <(…)); they are read now.
  closeInheritedFiles();
  const sandboxes = await workingSandboxes(config);
  const identity = await identityOf(config, toolset, await imageOf(config, sandboxes, terminal));
  const dir = order.run ?? newRunFolder(config);
  if (order.run === null) await mentionUnfinished(contentId(identity), terminal);
  await using place = await noteRunPlace(dir);
  using interruption = watchInterruption(terminal);
  const onWait = (reason: string): void => terminal.say(`The database cannot be reached (${reason}); waiting for it …`);
  await using run = await openRunFor(dir, scrubber, { config, onWait, giveUp: interruption.stop, identity, tool: toolVersion() });
  await using log = openRunLog(run.dir, scrubber);
  const shared = sharedRun(run);
  await using shares =
    shared === null ? null : openShares(shared, mostCallsOf(config), (error) => log.write("trouble", { error: String(error) }));
  await using teacherParts = await openTeacher(config, secrets.value, shares === null ? undefined : (endpoint) => shares.shareOf(endpoint));
  await Promise.all([sandboxes.sweep(), sweepScratch(false)]);
  const { teacher, pool } = teacherParts;
  const ended = await travel(
    { order, run, log, secrets: secrets.value, scrubber, teacher, pool, sandboxes, toolset, identity, interruption },
    terminal,
  );
  const stopped = ended.ok ? ended.value : ended.error;
  if (!ended.ok && interruption.status === null) {
    if (concernsRepositories(ended.error)) place.takeBack();
    throw refusal(ended.error);
  }
  if (stopped !== null) log.write("run-stopped", { failure: stopped });
  await sweepScratch(true);
  // Without its stores nothing more can be told of the run.
  if (stopped?.code === "database-unreachable") throw new CommandEnd(interruption.status ?? 1, stopped.message);
  return await conclude({ config, run, interruption, stopped, startedMs });
}

interface Travel {
  readonly order: GenerateOrder;
  readonly run: RunStore;
  readonly log: RunLog;
  readonly secrets: readonly Secret[];
  readonly scrubber: Scrubber;
  readonly teacher: Teacher;
  readonly pool: WatchedPool;
  readonly sandboxes: SandboxBackend;
  readonly toolset: Toolset;
  readonly identity: Readonly<Record<string, unknown>>;
  readonly interruption: Interruption;
}

/** The journey, with its progress shown while it is on. */
async function travel(
  { order, log, identity, interruption, secrets, ...parts }: Travel,
  terminal: Terminal,
): Promise<Result<Failure | null, Failure>> {
  const { config, retryFailed } = order;
  const { run, teacher, sandboxes } = parts;
  const before = await standingOf(run.journal.entries());
  const spentUsd = (before.spending.costUsd ?? 0) + before.heldUsd;
  const place = `Teacher ${teacher.pool.name} at ${teacher.pool.host} · sandbox ${sandboxes.kind}`;
  const shared = sharedRun(run);
  const watch = watchRun();
  const meter = watchSpending(shared === null ? before.spending : noSpending, (entry) => {
    metrics?.wrote(entry);
    watch.wrote(entry);
  });
  await using lead = shared === null ? null : await openLead(shared, { order, identity, before: before.spending, spentUsd, meter, log });
  const spending = (): Spending => lead?.spending() ?? meter.spending;
  const endpoints = (): readonly EndpointState[] => parts.pool.endpoints();
  using progress = createProgress(terminal, {
    spending,
    details: ({ kept, rejected, failed }) =>
      liveDetails({
        watch,
        spending: spending(),
        done: kept + rejected + failed,
        budgetUsd: config.budgetUsd,
        endpoints: endpoints(),
        workers: lead?.workers() ?? null,
      }),
  });
  const watched = { reached: () => progress.reached, spending, endpoints };
  await using metrics = order.metricsPort === null ? null : await serveMetrics(order.metricsPort, watched);
  const events = journeyEvents({ run, log, scrubber: parts.scrubber, config, place, progress, metrics, watch, terminal });
  const context = journeyContext({
    ...parts,
    run: { ledger: run.ledger, artifacts: run.artifacts, journal: meter.over(run.journal) },
    config,
    budget: lead?.budget ?? createBudget(config.budgetUsd, spentUsd),
    secrets,
    identity,
    onStep: () => (lead === null ? progress.step() : lead.step()),
    onStage: (stage, change) => watch.stage(stage, change),
  });
  return await runJourney(
    {
      repositories: config.repositories,
      wanted: config.lineages,
      identityHash: contentId(identity),
      concurrency: config.concurrency,
      retryFailed,
      scratchRoot,
      secrets,
      drain: interruption.drain,
      events,
      ...(lead === null ? {} : { followAll: lead.followAll({ context, events, progress, drain: interruption.drain, terminal }) }),
    },
    context,
    interruption.stop,
  );
}

/** The address of the database that the settings name; null: they name none. Throws a CommandEnd where its variable does not hold one. */
function addressOf({ database }: Config): Secret | null {
  const url = database === null ? null : databaseUrl(database);
  const problem = database === null ? null : databaseProblem(database, url);
  if (problem !== null) throw usageError(`The run is to be in a database, and ${problem}.`);
  return url;
}

/** A budget in dollars cannot be kept where nothing is known of what a call costs. */
function refuseBlindBudget(config: Config): void {
  if (config.budgetUsd === null || isPriced(config)) return;
  throw usageError(
    `A budget of $${config.budgetUsd} cannot be kept, because no price is known for this model: set prices (or gpuPrice) under teachers in the config file, or leave out the budget.`,
  );
}

/** Nothing was begun then that a later process could go on with. */
function concernsRepositories(failure: Failure): boolean {
  return failure.boundary === "repository" || isUsage(failure);
}

interface Ending {
  readonly config: Config;
  readonly run: RunStore;
  readonly interruption: Interruption;
  readonly stopped: Failure | null;
  readonly startedMs: number;
}

async function conclude({ config, run, interruption, stopped, startedMs }: Ending): Promise<Generated> {
  const { reasoning, ...selection } = config.dataset;
  const source = { ledger: run.ledger, artifacts: run.artifacts, termsAllowTraining: termsOfTeacher(config) };
  const dropped = new DropCounter();
  const dataset = await writeDataset({
    samples: wholeSamples(collectSamples(source, selection, dropped)),
    dropped,
    formats: ["canonical", "hermes", "messages"],
    container: "jsonl",
    reasoning,
    tokenizer: null,
    origin: { tool: toolVersion(), runs: await runOrigins([run.ledger]), selection, recipe: null },
    folder: join(run.dir, "dataset"),
    signal: new AbortController().signal,
  });
  const summary = await summariseRun(run);
  await writeReport(run, summary);
  const durationSeconds = Math.round(performance.now() - startedMs) / 1000;
  const status = statusOf(summary, stopped, interruption.status);
  return { runDir: run.dir, summary, dataset, durationSeconds, status, stopped, wanted: config.lineages, budgetUsd: config.budgetUsd };
}

function statusOf(summary: RunSummary, stopped: Failure | null, signalStatus: number | null): number {
  if (signalStatus !== null) return signalStatus;
  if (stopped?.code === "budget-spent") return 3;
  if (stopped !== null || summary.lineages.kept === 0 || summary.lineages.unfinished > 0) return 1;
  return 0;
}
