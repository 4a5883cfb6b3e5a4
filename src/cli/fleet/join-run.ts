import { contentId } from "../../base/hash.ts";
import { createScrubber, type Secret } from "../../base/secret.ts";
import { Membership } from "../../fleet/membership.ts";
import type { Slots } from "../../fleet/work-on-run.ts";
import { workOnRun } from "../../fleet/work-on-run.ts";
import { toolsetByName } from "../../toolsets/toolsets.ts";
import type { Failure } from "../../records/failure.ts";
import type { Lineage, LineageOutcome } from "../../records/lineage.ts";
import { noSpending } from "../../records/usage.ts";
import { commandFailed, type Terminal } from "../command.ts";
import { journeyContext, mostCallsOf, openFleetRun, openTeacher, secretsOf, secretsOfDatabase, type FleetDatabase } from "../compose.ts";
import { tellDestinations } from "../destinations.ts";
import { textsId } from "../generate/identity.ts";
import { imageOf, workingSandboxes } from "../generate/sandboxes.ts";
import { watchSpending } from "../generate/watch-spending.ts";
import { toolVersion } from "../tool-version.ts";
import { FleetOrder } from "./fleet-order.ts";
import { openShares, workOf, type FleetPart } from "./take-part.ts";

/** What a worker has for every run it joins. */
export interface JoinOrder {
  readonly database: FleetDatabase;
  readonly url: Secret;
  readonly part: FleetPart;
  readonly slots: Slots;
  /** Lineages that this process follows at once, whatever the run's own settings say. */
  readonly concurrency: number;
  readonly drain: AbortSignal;
  readonly terminal: Terminal;
  readonly onEnd: (ended: EndedLineage) => void;
}

export interface EndedLineage {
  readonly run: string;
  readonly lineage: Lineage;
  readonly outcome: LineageOutcome;
}

/** Causes that concern the run on whatever machine; any other is this worker's own, and the run goes on without it. */
const ofTheRun = new Set(["budget-spent", "no-credit", "unknown-model"]);

/**
 * Works on one run until it has no more for this process. Null: it ended, or was stopped for a cause that all know; else why this worker
 * left it. Throws a CommandEnd where it cannot take part, and StorageError.
 */
export async function joinRun(id: string, join: JoinOrder, signal: AbortSignal): Promise<Failure | null> {
  const { database, part, slots, concurrency, drain, terminal } = join;
  const order = FleetOrder.safeParse(await part.runs.order(id));
  if (!order.success || order.data.tool !== toolVersion())
    throw commandFailed(
      `it was begun by Apprentice ${toolOf(order.data)}, and this worker is ${toolVersion()}: use the same version everywhere`,
    );
  const { identity, retryFailed, toolsetTexts, demonstrations } = order.data;
  const config = { ...order.data.config, concurrency };
  const secrets = secretsOf(config);
  if (!secrets.ok) throw commandFailed(`the environment variable ${secrets.error.variable} is not set, which holds the teacher's key`);
  const scrubber = createScrubber([...secrets.value, ...secretsOfDatabase(join.url)]);
  terminal.hide(scrubber);
  if (config.sandbox.kind === "none" && config.teachers[0]?.kind !== "scripted")
    throw commandFailed("its sandbox isolates nothing, and its commands are a model's");
  await tellDestinations(config, terminal);
  const sandboxes = await workingSandboxes(config);
  const toolset = toolsetByName(config.rollout.toolset, toolsetTexts);
  if (toolset === null || textsId(toolset) !== identity["texts"])
    throw commandFailed("it asks its teacher other things than this version would: use the version it was begun with");
  await checkImage(await imageOf(config, sandboxes, terminal), identity);

  await using run = await openFleetRun(database, id, scrubber);
  const meter = watchSpending(noSpending, () => undefined);
  let steps = 0;
  await using membership = await Membership.join(database, id, () => ({ steps, spending: meter.spending }));
  const trouble = (error: unknown): void => terminal.say(`Trouble with the database: ${String(error)}.`);
  await using shares = openShares(run, mostCallsOf(config), trouble);
  await using opened = await openTeacher(config, secrets.value, (endpoint) => shares.shareOf(endpoint));
  const parts = { config, run, teacher: opened.teacher, budget: membership.budget, sandboxes, toolset, scrubber };
  const context = journeyContext({ ...parts, secrets: secrets.value, identity, onStep: () => void steps++ });
  for (const [repository, list] of Object.entries(demonstrations)) context.demonstrations.set(repository, list);
  await using left = new AsyncDisposableStack();
  left.defer(async () => await context.shelf.release());
  const begun = new Map<string, Lineage>();
  const stopped = await workOnRun(
    workOf({
      run,
      queue: part.queue,
      membership,
      context,
      slots,
      retryFailed,
      drain,
      counted: (journal) => meter.over(journal),
      onBegin: (lineage) => void begun.set(lineage.key, lineage),
      onEnd: (key, outcome) => {
        const lineage = begun.get(key);
        if (lineage !== undefined) join.onEnd({ run: id, lineage, outcome });
        begun.delete(key);
      },
    }),
    signal,
  );
  if (stopped === null || membership.state.stopped !== null) return null;
  if (!ofTheRun.has(stopped.code)) return stopped;
  await part.runs.stop(id, stopped);
  return null;
}

function toolOf(order: FleetOrder | undefined): string {
  return order?.tool ?? "of another version";
}

/** The same name may be another image here. */
async function checkImage(image: string | null, identity: Readonly<Record<string, unknown>>): Promise<void> {
  const before = identity["sandbox"];
  const wanted = typeof before === "object" && before !== null && "image" in before ? before.image : null;
  if (contentId(image) === contentId(wanted)) return;
  throw commandFailed(`its sandbox has the image ${String(wanted)}, and that is ${String(image)} here`);
}
