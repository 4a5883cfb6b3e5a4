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
import type { WatchedPool } from "../../model/pool/model-pool.ts";
import type { Failure } from "../../records/failure.ts";
import type { Teacher } from "../../rollout/ask.ts";
import { isDockerfile } from "../../sandbox/dockerfile.ts";
import type { SandboxBackend } from "../../sandbox/sandbox.ts";
import type { Toolset } from "../../toolsets/toolset.ts";
import { commandFailed, usageError, type CommandEnd, type Terminal } from "../command.ts";
import {
  journeyContext,
  openTeacher,
  priceOfTeacher,
  sandboxKinds,
  scratchRoot,
  secretsOf,
  sweepScratch,
  termsOfTeacher,
} from "../compose.ts";
import { tellDestinations } from "../destinations.ts";
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
import { toolVersion } from "../tool-version.ts";
import { typedCommand } from "../typed-command.ts";
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
  const scrubber = createScrubber(secrets.value);
  terminal.hide(scrubber);
  // Settings may have come by such a file (--config <(…)); they are read now.
  closeInheritedFiles();
  const sandboxes = await workingSandboxes(config);
  const identity = await identityOf(config, toolset, await imageOf(config, sandboxes, terminal));
  const dir = order.run ?? newRunFolder(config);
  if (order.run === null) await mentionUnfinished(contentId(identity), terminal);
  await using place = await noteRunPlace(dir);
  await using run = await openRunFor(dir, scrubber, { config, identity, tool: toolVersion() });
  await using log = openRunLog(run.dir, scrubber);
  await using teacherParts = await openTeacher(config, secrets.value);
  using interruption = watchInterruption(terminal);
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
  const budget = createBudget(config.budgetUsd, (before.spending.costUsd ?? 0) + before.heldUsd);
  const place = `Teacher ${teacher.pool.name} at ${teacher.pool.host} · sandbox ${sandboxes.kind}`;
  const journal = watchSpending(run.journal, before.spending, (entry) => metrics?.wrote(entry));
  using progress = createProgress(terminal, () => journal.spending);
  const watched = { reached: () => progress.reached, spending: () => journal.spending, endpoints: () => parts.pool.endpoints() };
  await using metrics = order.metricsPort === null ? null : await serveMetrics(order.metricsPort, watched);
  const context = journeyContext({
    ...parts,
    run: { ledger: run.ledger, artifacts: run.artifacts, journal },
    config,
    budget,
    secrets,
    identity,
    onStep: () => progress.step(),
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
      events: journeyEvents({ run, log, scrubber: parts.scrubber, config, place, progress, metrics, terminal }),
    },
    context,
    interruption.stop,
  );
}

/** A budget in dollars cannot be kept where nothing is known of what a call costs. */
function refuseBlindBudget(config: Config): void {
  if (config.budgetUsd === null || priceOfTeacher(config) !== null) return;
  throw usageError(
    `A budget of $${config.budgetUsd} cannot be kept, because no price is known for this model: set prices under teachers in the config file, or leave out the budget.`,
  );
}

/** What the user wrote, not what happened: these end with the status of a usage error. */
const usageCodes = new Set([
  "no-such-path",
  "not-a-repository",
  "no-commits",
  "unknown-revision",
  "hold-out-too-large",
  "demonstrations-unusable",
  "bad-address",
  "clone-failed",
  "archive-unusable",
  "folder-unusable",
  "folder-outside",
  "commit-held-out",
  "secret-in-repository",
  "image-not-named",
  "image-is-a-folder",
  "dockerfile-unusable",
  "dockerfile-needs-docker",
]);

function refusal(failure: Failure): CommandEnd {
  return usageCodes.has(failure.code) ? usageError(failure.message) : commandFailed(failure.message);
}

/** Nothing was begun then that a later process could go on with. */
function concernsRepositories(failure: Failure): boolean {
  return failure.boundary === "repository" || usageCodes.has(failure.code);
}

/** A backend that works here, or the sentence that says what to do. */
async function workingSandboxes(config: Config): Promise<SandboxBackend> {
  const sandboxes = await sandboxKinds[config.sandbox.kind]();
  const broken = (await sandboxes.probe()).find((check) => !check.ok);
  if (broken === undefined) return sandboxes;
  const mend = broken.mend === null ? `See \`${typedCommand(["doctor"])}\`.` : `To mend it: ${broken.mend}.`;
  const other =
    sandboxes.kind !== "none" && config.teachers[0]?.kind === "scripted" ? " Or use --sandbox none with the scripted teacher." : "";
  throw commandFailed(`The sandbox ${sandboxes.kind} does not work here: ${broken.detail}. ${mend}${other}`);
}

/** What the image is, so that a run goes on only in the same; it is fetched now where it is missing. */
async function imageOf({ sandbox }: Config, sandboxes: SandboxBackend, terminal: Terminal): Promise<string | null> {
  const { image } = sandbox;
  if (image !== null)
    terminal.say(`Image ${image}${isDockerfile(image) ? ", built of each commit's files before it is first used" : ""} …`);
  const id = await sandboxes.imageId(image, new AbortController().signal);
  if (!id.ok) throw refusal(id.error);
  return id.value;
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
