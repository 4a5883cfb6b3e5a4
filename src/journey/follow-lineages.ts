import type { Result } from "../base/result.ts";
import { storageError, StorageError } from "../ledger/storage-error.ts";
import type { Failure } from "../records/failure.ts";
import type { Followed } from "../records/followed.ts";
import { failedOutcomeKey, type Lineage, type LineageOutcome } from "../records/lineage.ts";
import { isDue, standingOf } from "./due-lineages.ts";
import type { JourneyContext } from "./journey-context.ts";
import { followLineage } from "./journey.ts";
import { createPerformer, type StageFailure } from "./stage.ts";

export interface LineagesOrder {
  readonly lineages: readonly Lineage[];
  readonly context: JourneyContext;
  readonly concurrency: number;
  readonly attempts: number;
  /** Also tries lineages again whose failure was not retryable or that have used up their tries. */
  readonly retryFailed: boolean;
  /** Aborted: no new lineage is begun, those under way are finished. */
  readonly drain: AbortSignal;
  /** Called when a lineage is taken up, and with its outcome when it has one. */
  readonly onBegin: (lineage: Lineage) => void;
  readonly onEnd: (lineage: Lineage, outcome: LineageOutcome) => void;
}

/**
 * Follows many lineages at once; they never depend on each other. A failure of one is recorded as its outcome; a cause that
 * concerns the whole run stops admission, fails no lineage and is returned; calls in flight are not thrown away for it.
 */
export async function followLineages(order: LineagesOrder, signal: AbortSignal): Promise<Failure | null> {
  let stopped: Failure | null = null;
  const waiting = order.lineages.values();
  const worker = async (): Promise<void> => {
    for (const lineage of waiting) {
      if (signal.aborted || order.drain.aborted || stopped !== null) return;
      stopped = (await followOne(lineage, order, signal)) ?? stopped;
    }
  };
  const workers = Math.min(order.concurrency, order.lineages.length);
  await Promise.all(Array.from({ length: workers }, worker));
  return stopped;
}

/** Follows one lineage to an outcome in the ledger; returns a failure only where the whole run must stop. */
async function followOne(lineage: Lineage, order: LineagesOrder, signal: AbortSignal): Promise<Failure | null> {
  const followed = await followToOutcome(lineage, order, signal);
  if (followed.end === "stopped") return followed.failure;
  if (followed.end !== "outcome") return null;
  try {
    await order.context.ledger.put("outcome", followed.key, followed.outcome);
  } catch (error) {
    return storageFailure(error);
  }
  order.onEnd(lineage, followed.outcome);
  return null;
}

/**
 * Follows one lineage until it has an outcome that it may keep, which is the caller's to store; failures that are tried again at once are
 * stored here.
 */
export async function followToOutcome(
  lineage: Lineage,
  { context, attempts, retryFailed, onBegin }: Pick<LineagesOrder, "context" | "attempts" | "retryFailed" | "onBegin">,
  signal: AbortSignal,
): Promise<Followed> {
  try {
    const before = await standingOf(lineage, context.ledger);
    if (before.final || !isDue(before.failed, retryFailed)) return { end: "nothing-due" };
    onBegin(lineage);
    for (let tries = (before.failed?.tries ?? 0) + 1; ; tries++) {
      const followed = await followLineage(lineage, attempts, createPerformer(context, signal));
      if (!followed.ok && followed.error.failure.wholeRun) return { end: "stopped", failure: followed.error.failure };
      if (!followed.ok && signal.aborted) return { end: "interrupted" };
      const outcome = outcomeOf(lineage, followed, tries);
      const key = followed.ok ? lineage.key : failedOutcomeKey(lineage.key, tries);
      if (outcome.state !== "failed" || !isTriedAtOnce(outcome)) return { end: "outcome", key, outcome };
      await context.ledger.put("outcome", key, outcome);
    }
  } catch (error) {
    return { end: "stopped", failure: storageFailure(error) };
  }
}

/** Of an error that is no bug. */
function storageFailure(error: unknown): Failure {
  const problem = storageError(error, "a folder of temporary files");
  if (problem instanceof StorageError) return problem.failure;
  throw problem;
}

function outcomeOf(lineage: Lineage, followed: Result<LineageOutcome, StageFailure>, tries: number): LineageOutcome {
  if (followed.ok) return followed.value;
  const { stage, failure } = followed.error;
  return { version: 1, lineage: lineage.key, state: "failed", stage, failure, tries };
}

/**
 * A sandbox that died is no sign that another will, nor a git that was killed (by Ctrl-C, in the moment before it stood apart), and the
 * replies that were paid for wait in the journal; a model was asked often enough.
 */
function isTriedAtOnce(failed: Extract<LineageOutcome, { state: "failed" }>): boolean {
  const { boundary, code } = failed.failure;
  return (boundary === "sandbox" || code === "git-killed") && isDue(failed, false);
}
