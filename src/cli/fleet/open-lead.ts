import { coordinate } from "../../fleet/coordinate.ts";
import type { QueueStanding } from "../../fleet/lineage-queue.ts";
import { Membership, type Member } from "../../fleet/membership.ts";
import { createSlots } from "../../fleet/work-on-run.ts";
import { standingOf } from "../../journey/due-lineages.ts";
import type { JourneyContext } from "../../journey/journey-context.ts";
import type { DrawnLineages, JourneyEvents, JourneyOrder } from "../../journey/run-journey.ts";
import { StorageError } from "../../ledger/storage-error.ts";
import type { Budget } from "../../records/budget.ts";
import { failure } from "../../records/failure.ts";
import { failedOutcomeKey } from "../../records/lineage.ts";
import { addSpending, type Spending } from "../../records/usage.ts";
import type { Terminal } from "../command.ts";
import type { PostgresRun } from "../compose.ts";
import type { Progress, Reached } from "../generate/progress.ts";
import type { GenerateOrder } from "../generate/run-generate.ts";
import type { RunLog } from "../generate/run-log.ts";
import type { SpendingMeter } from "../generate/watch-spending.ts";
import { toolVersion } from "../tool-version.ts";
import type { FleetOrder } from "./fleet-order.ts";
import { openFleetPart, workOf } from "./take-part.ts";

export interface LeadParts {
  readonly order: GenerateOrder;
  readonly identity: Readonly<Record<string, unknown>>;
  /** What the run took before, and dollars of it that count against the budget. */
  readonly before: Spending;
  readonly spentUsd: number;
  /** Of what this process spends. */
  readonly meter: SpendingMeter;
  readonly log: RunLog;
}

export interface FollowParts {
  readonly context: JourneyContext;
  readonly events: JourneyEvents;
  readonly progress: Progress;
  readonly drain: AbortSignal;
  readonly terminal: Terminal;
}

/** The leading part in a run of a fleet: it opens the run to workers, is one itself, and waits until every lineage has an outcome. */
export interface Lead extends AsyncDisposable {
  readonly budget: Budget;
  /** Of the run, by whoever worked on it. */
  spending(): Spending;
  step(): void;
  /** Names of those that work on it now. */
  workers(): readonly string[];
  followAll(parts: FollowParts): NonNullable<JourneyOrder["followAll"]>;
}

export async function openLead(run: PostgresRun, lead: LeadParts): Promise<Lead> {
  const { order, before, spentUsd, meter, log } = lead;
  await using opened = new AsyncDisposableStack();
  const part = opened.use(await openFleetPart(run.database, (error) => log.write("trouble", { error: String(error) })));
  let steps = 0;
  const membership = opened.use(await Membership.join(run.database, run.id, () => ({ steps, spending: meter.spending })));
  let members: readonly Member[] = [];
  const kept = opened.move();
  return {
    budget: membership.budget,
    spending: () => members.reduce((sum, { status }) => addSpending(sum, status.spending), before),
    step: () => void steps++,
    workers: () => members.filter(({ isAlive }) => isAlive).map(({ name }) => name),
    followAll: (parts) => async (due, signal) => {
      const reached = await reachedFrom(run, due.drawn, parts.progress.reached);
      const known = new Set<string>([membership.id]);
      const onLook = async (now: readonly Member[], standing: QueueStanding): Promise<void> => {
        members = now;
        for (const member of now.filter(({ id }) => !known.has(id))) tellJoined(member, parts.terminal, log);
        for (const { id } of now) known.add(id);
        parts.progress.reach(await reached(now, standing));
      };
      try {
        const opening = { order: orderOf(lead, parts.context), limitUsd: order.config.budgetUsd, baseUsd: spentUsd };
        await part.runs.open(run.id, { ...opening, except: membership.id });
        await membership.sync();
        await part.queue.fill(run.id, due.lineages);
        const work = workOf({
          ...parts,
          run,
          queue: part.queue,
          membership,
          slots: createSlots(order.config.concurrency),
          retryFailed: order.retryFailed,
          counted: (journal) => meter.over(journal),
          onBegin: (lineage) => parts.events.lineageBegan(lineage),
          onEnd: (_, outcome) => parts.events.lineageEnded(outcome),
        });
        return await coordinate({ ...work, runs: part.runs, onLost: async (lineage) => await giveUp(lineage, run), onLook }, signal);
      } catch (error) {
        if (error instanceof StorageError) return error.failure;
        throw error;
      }
    },
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  };
}

function tellJoined({ name, status }: Member, terminal: Terminal, log: RunLog): void {
  terminal.say(`A worker has joined: ${name}.`);
  log.write("worker-joined", { name, status });
}

function orderOf({ order: { config, retryFailed }, identity }: LeadParts, { toolset, demonstrations }: JourneyContext): FleetOrder {
  return {
    version: 1,
    tool: toolVersion(),
    config,
    identity,
    retryFailed,
    toolsetTexts: toolset.texts,
    demonstrations: Object.fromEntries([...demonstrations].map(([repository, list]) => [repository, [...list]])),
  };
}

/** How far all are together, by what the ledger and the queue hold and what members say. */
async function reachedFrom(
  run: PostgresRun,
  { already, due }: DrawnLineages,
  { steps }: Reached,
): Promise<(members: readonly Member[], standing: QueueStanding) => Promise<Omit<Reached, "total">>> {
  const before = await run.ledger.tally("outcome");
  return async (members, { waiting, active }) => {
    const now = await run.ledger.tally("outcome");
    const fresh = (state: "kept" | "rejected"): number => (now.get(state) ?? 0) - (before.get(state) ?? 0);
    const failed = Math.max(0, due - waiting - active - fresh("kept") - fresh("rejected"));
    return {
      kept: already.kept + fresh("kept"),
      rejected: already.rejected + fresh("rejected"),
      failed: already.failed + failed,
      steps: members.reduce((sum, { status }) => sum + status.steps, steps),
    };
  };
}

/** A lineage whose workers died again and again: perhaps of it. */
async function giveUp(key: string, run: PostgresRun): Promise<void> {
  const lineage = await run.ledger.get("lineage", key);
  if (lineage === null) return;
  const { final, failed } = await standingOf(lineage, run.ledger);
  if (final !== null) return;
  const tries = (failed?.tries ?? 0) + 1;
  const message = "Every worker that took this lineage died with it, so it is not given to another one.";
  const lost = failure({ boundary: "sandbox", code: "workers-lost", message });
  const outcome = { version: 1, lineage: key, state: "failed", stage: "worker", failure: lost, tries } as const;
  await run.ledger.put("outcome", failedOutcomeKey(key, tries), outcome);
}
