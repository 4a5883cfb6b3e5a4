import { ok, type Result } from "../base/result.ts";
import type { Secret } from "../base/secret.ts";
import type { Failure } from "../records/failure.ts";
import type { Lineage, LineageOutcome } from "../records/lineage.ts";
import type { Intake } from "../records/snapshot.ts";
import type { RepositoryConfig } from "../repository/repository-config.ts";
import { drawLineages, type DrawSource } from "./draw-lineages.ts";
import { dueLineages, type OutcomeCounts } from "./due-lineages.ts";
import { followLineages } from "./follow-lineages.ts";
import { languageNames } from "./functions/language-table.ts";
import { intake, noFunctions } from "./intake/intake.ts";
import type { JourneyContext } from "./journey-context.ts";
import { setupOf } from "./rollout-task.ts";
import { demonstrationsFor } from "./pull-request/demonstrations.ts";

/** What a run is to do, beside what its stages share. */
export interface JourneyOrder {
  readonly repositories: readonly RepositoryConfig[];
  readonly wanted: number;
  readonly identityHash: string;
  readonly concurrency: number;
  readonly retryFailed: boolean;
  readonly scratchRoot: string;
  /** Keys that must not enter the run with a repository. */
  readonly secrets?: readonly Secret[];
  readonly drain: AbortSignal;
  readonly events: JourneyEvents;
  /** Sees to it that these have outcomes, and gives the cause that stopped it early; left out: this process follows them all. */
  readonly followAll?: (due: DueToFollow, signal: AbortSignal) => Promise<Failure | null>;
}

/** What is told while a run is on; nothing here decides anything. */
export interface JourneyEvents {
  /** A repository, as settings name it, is about to be reached: a fetch from an address may take minutes. */
  intakeBegins(path: string): void;
  intakeDone(intake: Intake): void;
  /** Set-up commands are about to be run on a snapshot, which may take minutes, or have been before. */
  setupBegins(snapshot: { readonly index: number; readonly count: number; readonly commands: number }): void;
  lineagesDrawn(drawn: DrawnLineages): Promise<void>;
  lineageBegan(lineage: Lineage): void;
  lineageEnded(outcome: LineageOutcome): void;
}

/** In the order of the draw, and how they stand in the run. */
export interface DueToFollow {
  readonly lineages: readonly Lineage[];
  readonly drawn: DrawnLineages;
}

/** `total`: lineages of the run; `due`: those to be followed now; `already`: the others, by state. */
export interface DrawnLineages {
  readonly total: number;
  readonly due: number;
  readonly already: OutcomeCounts;
}

/**
 * The journey of a run up to the dataset: intake, functions, then every lineage by `followLineage`. What is in the ledger
 * already is not done again. Given back is the cause that stopped it early; null: none did.
 */
export async function runJourney(
  order: JourneyOrder,
  context: JourneyContext,
  signal: AbortSignal,
): Promise<Result<Failure | null, Failure>> {
  const sources = await takeIn(order, context, signal);
  if (!sources.ok) return sources;
  const started = await proveSandbox(sources.value, { context, events: order.events }, signal);
  if (!started.ok) return started;

  const { seed, ledger, shelf } = context;
  const { wanted, identityHash } = order;
  const drawn = await drawLineages({ sources: sources.value, wanted, seed, identityHash, ledger, shelf }, signal);
  if (!drawn.ok) return drawn;
  if (drawn.value === 0)
    return noFunctions(
      order.repositories.map(({ path }) => path),
      languageNames,
    );
  const { lineages, already } = await dueLineages({ wanted: drawn.value, retryFailed: order.retryFailed }, ledger);
  const standing = { total: drawn.value, due: lineages.length, already };
  await order.events.lineagesDrawn(standing);

  if (order.followAll !== undefined) return ok(await order.followAll({ lineages, drawn: standing }, signal));
  const stopped = await followLineages(
    {
      lineages,
      context,
      concurrency: order.concurrency,
      attempts: context.rollout.attempts,
      retryFailed: order.retryFailed,
      drain: order.drain,
      onBegin: (lineage) => order.events.lineageBegan(lineage),
      onEnd: (_, outcome) => order.events.lineageEnded(outcome),
    },
    signal,
  );
  return ok(stopped);
}

/** The intake of every repository: the snapshots to draw from, and in the context what pull requests look like there. */
async function takeIn(order: JourneyOrder, context: JourneyContext, signal: AbortSignal): Promise<Result<DrawSource[], Failure>> {
  const { scratchRoot, secrets = [], events } = order;
  const sources: DrawSource[] = [];
  for (const repository of order.repositories) {
    const taken = await intake(repository, { ...context, scratchRoot, secrets, onReach: (path) => events.intakeBegins(path) }, signal);
    if (!taken.ok) return taken;
    events.intakeDone(taken.value);
    const demonstrations = await demonstrationsFor(repository.demonstrations, taken.value.messages);
    if (!demonstrations.ok) return demonstrations;
    context.demonstrations.set(taken.value.repository, demonstrations.value);
    const { include, exclude } = repository;
    const { snapshots, folder } = taken.value;
    sources.push(...snapshots.map((snapshot) => ({ snapshot, folder, include, exclude })));
  }
  return ok(sources);
}

interface Proof {
  readonly context: JourneyContext;
  readonly events: JourneyEvents;
}

/** One sandbox is opened on each snapshot before any money is spent, and set-up commands are run for it. */
async function proveSandbox(
  sources: readonly DrawSource[],
  { context, events }: Proof,
  signal: AbortSignal,
): Promise<Result<null, Failure>> {
  const { sandbox, sandboxes, shelf } = context;
  const { memoryMiB, processes, workspaceMiB, cpus, image } = sandbox;
  const setup = setupOf(context);
  for (const [index, { snapshot }] of sources.entries()) {
    const unpacked = await shelf.unpacked(snapshot, signal);
    if (!unpacked.ok) return unpacked;
    if (setup.commands.length > 0) events.setupBegins({ index, count: sources.length, commands: setup.commands.length });
    const limits = { memoryMiB, processes, workspaceMiB, cpus };
    const opened = await sandboxes.open({ snapshot: { id: snapshot, path: unpacked.value.folder }, image, setup, limits }, signal);
    if (!opened.ok) return opened;
    await opened.value[Symbol.asyncDispose]();
  }
  return ok(null);
}
