import { pause } from "../../base/deadline.ts";
import { createScrubber } from "../../base/secret.ts";
import { createSlots } from "../../fleet/work-on-run.ts";
import { StorageError } from "../../ledger/storage-error.ts";
import { CommandEnd, commandFailed, usageError, type Terminal } from "../command.ts";
import { databaseProblem, databaseUrl, openFleetDatabase, secretsOfDatabase, sweepScratch } from "../compose.ts";
import { counted } from "../counted.ts";
import { watchInterruption } from "../generate/interruption.ts";
import { joinRun, type EndedLineage, type JoinOrder } from "./join-run.ts";
import { openFleetPart } from "./take-part.ts";

export interface WorkerFlags {
  readonly databaseUrlEnv: string;
  readonly concurrency: number;
  readonly idleSeconds?: number;
  readonly json?: boolean;
}

const lookMs = 500;
/** How long a run is left alone that this worker cannot work on. */
const restMs = 60_000;

/** Works on every run of the database that takes workers, until a signal ends it, or nothing was to be done for long enough. */
export async function work(flags: WorkerFlags, terminal: Terminal): Promise<void> {
  const { databaseUrlEnv, concurrency, idleSeconds, json = false } = flags;
  const variable = `env:${databaseUrlEnv}`;
  const url = databaseUrl(variable);
  const problem = databaseProblem(variable, url);
  if (url === null || problem !== null) throw usageError(`Runs to join are in the database that generate was given, and ${problem}.`);
  terminal.hide(createScrubber(secretsOfDatabase(url)));
  using interruption = watchInterruption(terminal);
  const onWait = (reason: string): void => terminal.say(`The database cannot be reached (${reason}); waiting for it …`);
  const opened = await openFleetDatabase(url, { onWait, giveUp: interruption.stop });
  if (!opened.ok) throw commandFailed(opened.error.message);
  await using database = opened.value;
  await using part = await openFleetPart(database, () => undefined);
  await sweepScratch(false);
  const slots = createSlots(concurrency);
  const onEnd = (ended: EndedLineage): void => terminal.print(endedLine(ended, json));
  const order = { database, url, part, slots, concurrency, drain: interruption.drain, terminal, onEnd };
  terminal.say(`Waiting for lineages; ${counted(concurrency, "lineage")} at once.`);
  const broken = await joinAll(order, { idleMs: idleSeconds === undefined ? null : idleSeconds * 1_000, stop: interruption.stop });
  await sweepScratch(true);
  if (interruption.status !== null) return terminal.exit(interruption.status);
  if (broken !== null) throw commandFailed(broken.failure.message);
}

interface Joining {
  /** Null: it waits for ever. */
  readonly idleMs: number | null;
  readonly stop: AbortSignal;
}

/** Joins runs as they come; the trouble of the database that ended it, if any did. */
async function joinAll(order: JoinOrder, { idleMs, stop }: Joining): Promise<StorageError | null> {
  const atWork = new Map<string, Promise<void>>();
  const resting = new Map<string, { readonly untilMs: number; readonly reason: string }>();
  const broken = new AbortController();
  let idleSinceMs = performance.now();
  const leave = (run: string, reason: string): void => {
    if (resting.get(run)?.reason !== reason) order.terminal.say(`Run ${run} is left to others for now: ${reason.replace(/\.$/, "")}.`);
    resting.set(run, { untilMs: performance.now() + restMs, reason });
  };
  const join = async (run: string): Promise<void> => {
    try {
      const reason = await joinRun(run, order, stop);
      if (reason !== null) leave(run, reason.message);
    } catch (error) {
      if (error instanceof CommandEnd) leave(run, error.message);
      else broken.abort(error);
    } finally {
      atWork.delete(run);
    }
  };
  while (!order.drain.aborted && !broken.signal.aborted) {
    const open = await waitingRuns(order).catch((error: unknown) => broken.abort(error));
    for (const run of open ?? []) {
      const mayRest = (resting.get(run)?.untilMs ?? 0) > performance.now();
      if (!mayRest && !atWork.has(run)) atWork.set(run, join(run));
    }
    if (atWork.size > 0) idleSinceMs = performance.now();
    if (idleMs !== null && performance.now() - idleSinceMs >= idleMs) break;
    await pause(lookMs, order.drain);
  }
  await Promise.all(atWork.values());
  if (!broken.signal.aborted) return null;
  const { reason } = broken.signal as { reason: unknown };
  if (reason instanceof StorageError) return reason;
  throw reason;
}

/** Runs with lineages that nobody works on. */
async function waitingRuns({ part: { runs, queue } }: JoinOrder): Promise<string[]> {
  const open = await runs.openRuns();
  const standings = await Promise.all(open.map(async (run) => await queue.standing(run)));
  return open.filter((_, index) => (standings[index]?.waiting ?? 0) > 0);
}

function endedLine({ run, lineage, outcome }: EndedLineage, json: boolean): string {
  const { path, name, startLine } = lineage.site;
  const reason = outcome.state === "kept" ? null : outcome.state === "rejected" ? outcome.rule : outcome.failure.code;
  if (json) return JSON.stringify({ run, lineage: lineage.key, state: outcome.state, reason, function: name, path, line: startLine });
  return `${outcome.state.padEnd(8)} ${name} in ${path}:${startLine}${reason === null ? "" : ` (${reason})`}`;
}
