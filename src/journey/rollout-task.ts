import { ok, type Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import type { Lineage } from "../records/lineage.ts";
import type { Rollout } from "../records/rollout.ts";
import type { Setup } from "../sandbox/sandbox.ts";
import { runRollout } from "../rollout/rollout.ts";
import type { JourneyContext } from "./journey-context.ts";

/** What the two rollouts of a lineage differ in. */
export interface RolloutPart {
  readonly key: string;
  readonly lineage: Lineage;
  readonly kind: Rollout["kind"];
  readonly attempt: number;
  readonly problem: string;
}

/** What makes a snapshot's place ready before anybody works there. */
export function setupOf({ sandbox, rollout }: Pick<JourneyContext, "sandbox" | "rollout">): Setup {
  return { commands: sandbox.setup, timeoutMs: rollout.deadlines.setupMs };
}

/** A rollout from the untouched snapshot of a lineage; both rollouts run under the same limits and tools. */
export async function rolloutOfLineage(part: RolloutPart, context: JourneyContext, signal: AbortSignal): Promise<Result<Rollout, Failure>> {
  const { rollout, sandbox, shelf } = context;
  const snapshot = await shelf.unpacked(part.lineage.snapshot, signal);
  if (!snapshot.ok) return snapshot;
  const { deadlines } = rollout;
  const { memoryMiB, processes, workspaceMiB, cpus } = sandbox;
  const task = {
    ...part,
    lineage: part.lineage.key,
    toolset: context.toolset,
    snapshot: { id: part.lineage.snapshot, path: snapshot.value.folder },
    image: sandbox.image,
    setup: setupOf(context),
    sandboxLimits: { memoryMiB, processes, workspaceMiB, cpus },
    limits: { ...rollout, ...deadlines, contextTokens: rollout.context },
    openMs: deadlines.openMs,
    temperature: rollout.temperature,
    maxOutputTokens: rollout.maxOutputTokens,
  };
  const { asking, sandboxes, journal, artifacts, redactor, onStep } = context;
  const makeDiff = shelf.differ(snapshot.value);
  const done = await runRollout(task, { ...asking, sandboxes, journal, artifacts, makeDiff, redactor, onStep }, signal);
  return done.ok ? ok(done.value) : done;
}
