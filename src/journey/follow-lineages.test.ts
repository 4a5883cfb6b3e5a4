import { createModelPool } from "../model/pool/model-pool.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../base/clock.ts";
import { err } from "../base/result.ts";
import { StorageError, storageTrouble } from "../ledger/storage-error.ts";
import { createBudget } from "../model/budget.ts";
import { failure, type Failure } from "../records/failure.ts";
import { failedOutcomeKey, type Lineage, type LineageOutcome } from "../records/lineage.ts";
import { RolloutConfig } from "../rollout/rollout-config.ts";
import { SandboxConfig } from "../sandbox/sandbox-config.ts";
import type { SandboxBackend } from "../sandbox/sandbox.ts";
import { toolsetByName } from "../toolsets/toolsets.ts";
import { dueLineages, type OutcomeCounts } from "./due-lineages.ts";
import { followLineages, type LineagesOrder } from "./follow-lineages.ts";
import type { JourneyContext } from "./journey-context.ts";
import { inventedLineage, openTemporaryRun, putStages, type TemporaryRun } from "./stored-lineage.conformance.ts";

const never = new AbortController().signal;
const passing = failure({ boundary: "model", code: "server-error", message: "The server failed.", retryable: true });
const died = failure({ boundary: "sandbox", code: "sandbox-died", message: "The sandbox died.", retryable: true });
const lasting = failure({ boundary: "repository", code: "broken-tree", message: "The tree is broken." });
const nobody = { kept: 0, rejected: 0, failed: 0 };
const ofTheRun = failure({ boundary: "model", code: "unauthorized", message: "The key is wrong.", wholeRun: true });

let stores: TemporaryRun;
beforeEach(async () => {
  stores = await openTemporaryRun();
});
afterEach(async () => await stores[Symbol.asyncDispose]());

/** A shelf is the first thing a stage without a record asks, so what it says is what the stage meets. */
type Meets = (snapshot: string) => Promise<Failure>;

function contextWith(meets: Meets): JourneyContext {
  const { ledger, journal, artifacts } = stores.run;
  const toolset = toolsetByName("sera");
  if (toolset === null) throw new Error("no toolset");
  const model = { name: "none", host: "nowhere", prepare: () => unused() };
  return {
    seed: 0,
    rollout: RolloutConfig.parse({}),
    sandbox: SandboxConfig.parse({}),
    ledger,
    journal,
    artifacts,
    asking: {
      teacher: { pool: createModelPool({ models: [model], clock: systemClock, most: Infinity }), costUsd: () => 0, worstCaseUsd: () => 0 },
      budget: createBudget(null, 0),
      clock: systemClock,
      tries: 1,
    },
    sandboxes: { kind: "none" } as SandboxBackend,
    toolset,
    shelf: { unpacked: async (snapshot) => err(await meets(snapshot)), differ: () => unused(), release: async () => undefined },
    demonstrations: new Map(),
    redactor: null,
    onStep: () => undefined,
  };
}

/** What a process that goes on with the run will not follow. */
async function already(lineages: readonly Lineage[], retryFailed: boolean): Promise<OutcomeCounts> {
  for (const lineage of lineages) await stores.run.ledger.put("lineage", lineage.key, lineage);
  const due = await dueLineages({ wanted: lineages.length, retryFailed }, stores.run.ledger);
  const { kept, rejected, failed } = due.already;
  expect(due.lineages.length).toBe(lineages.length - kept - rejected - failed);
  return due.already;
}

function unused(): never {
  throw new Error("no lineage of this test comes so far");
}

interface FollowOptions extends Partial<LineagesOrder> {
  readonly signal?: AbortSignal;
}

interface Followed {
  readonly stopped: Failure | null;
  readonly begun: number[];
  readonly ended: Map<number, LineageOutcome>;
}

async function follow(lineages: readonly Lineage[], meets: Meets, { signal = never, ...more }: FollowOptions = {}): Promise<Followed> {
  const begun: number[] = [];
  const ended = new Map<number, LineageOutcome>();
  const order: LineagesOrder = {
    lineages,
    context: contextWith(meets),
    concurrency: 1,
    attempts: 1,
    retryFailed: false,
    drain: never,
    onBegin: ({ position }) => void begun.push(position),
    onEnd: ({ position }, outcome) => void ended.set(position, outcome),
    ...more,
  };
  return { stopped: await followLineages(order, signal), begun, ended };
}

/** A lineage whose first rollout meets what its own snapshot stands for. */
function unmade(position: number): Lineage {
  return { ...inventedLineage(position), snapshot: `snapshot-of-${position}` };
}

test("every lineage has its outcome: kept, or rejected by the rule that says no", async () => {
  const stories = [{}, { check: "refused" as const }, { request: null }, { secondExit: "exit-steps" as const }, { secondFiles: 0 }];
  const lineages = stories.map((_, position) => inventedLineage(position));
  for (const [position, story] of stories.entries()) await putStages(stores.run, inventedLineage(position), story);
  const { stopped, ended } = await follow(lineages, async () => lasting, { concurrency: 3 });
  expect(stopped).toBeNull();
  expect(
    [...ended.entries()].toSorted(([a], [b]) => a - b).map(([, outcome]) => (outcome.state === "rejected" ? outcome.rule : outcome.state)),
  ).toEqual(["kept", "self-check", "pull-request-unreadable", "second-rollout-not-submitted", "second-rollout-empty-patch"]);
  for (const lineage of lineages) expect(await stores.run.ledger.get("outcome", lineage.key)).toEqual(ended.get(lineage.position));
  expect(await already(lineages, true)).toEqual({ kept: 1, rejected: 4, failed: 0 });
  const again = await follow(lineages, async () => unused());
  expect([again.begun, again.ended.size]).toEqual([[], 0]);
});

test("of more lineages than are wanted now, the first of the draw are followed and counted", async () => {
  const lineages = Array.from({ length: 5 }, (_, position) => inventedLineage(position));
  const { ledger } = stores.run;
  for (const lineage of lineages) await ledger.put("lineage", lineage.key, lineage);
  for (const position of [1, 4]) await putStages(stores.run, inventedLineage(position));
  await follow([inventedLineage(1), inventedLineage(4)], async () => lasting);
  const due = async (wanted: number): Promise<unknown> => {
    const { lineages: open, already } = await dueLineages({ wanted, retryFailed: false }, ledger);
    return [open.map(({ position }) => position), already];
  };
  expect(await due(3)).toEqual([[0, 2], { kept: 1, rejected: 0, failed: 0 }]);
  expect(await due(5)).toEqual([[0, 2, 3], { kept: 2, rejected: 0, failed: 0 }]);
});

test("a refused answer is tried with the next hint, up to the attempts, and all of them are named", async () => {
  const lineage = inventedLineage(0);
  await putStages(stores.run, lineage, { check: "refused" });
  const { ended } = await follow([lineage], async () => lasting, { attempts: 2 });
  // The second attempt has no record, so it is begun, and meets the failure.
  expect(ended.get(0)).toMatchObject({ state: "failed", stage: "first-rollout", failure: lasting });
});

test("a failure that may pass is tried again on resume, three times in all, each with its own outcome", async () => {
  const lineages = [unmade(0)];
  for (const tries of [1, 2, 3]) {
    expect(await already(lineages, false)).toEqual(nobody);
    const { begun, ended, stopped } = await follow(lineages, async () => passing);
    expect([begun, stopped]).toEqual([[0], null]);
    expect(ended.get(0)).toEqual({ version: 1, lineage: unmade(0).key, state: "failed", stage: "first-rollout", failure: passing, tries });
    expect(await stores.run.ledger.get("outcome", failedOutcomeKey(unmade(0).key, tries))).toEqual(ended.get(0));
  }
  expect((await follow(lineages, async () => passing)).begun).toEqual([]);
  expect(await already(lineages, false)).toEqual({ ...nobody, failed: 1 });
  expect(await already(lineages, true)).toEqual(nobody);
  expect((await follow(lineages, async () => passing, { retryFailed: true })).ended.get(0)).toMatchObject({ tries: 4 });
});

const killed = failure({ boundary: "repository", code: "git-killed", message: "git was killed.", retryable: true });

test.each([
  ["a sandbox that died", died],
  ["a git that was killed", killed],
])("%s is tried again at once, three times in all, and said once", async (_, problem) => {
  const [mended, lost] = [unmade(0), unmade(1)];
  let tries = 0;
  const dying: Meets = async () => {
    if (++tries === 2) await putStages(stores.run, mended);
    return problem;
  };
  const { begun, ended } = await follow([mended, lost], dying);
  expect([begun, tries]).toEqual([[0, 1], 5]);
  expect(ended.get(0)).toMatchObject({ state: "kept" });
  expect(await stores.run.ledger.get("outcome", failedOutcomeKey(mended.key, 2))).toMatchObject({ tries: 2, failure: problem });
  expect(ended.get(1)).toMatchObject({ state: "failed", tries: 3 });
  expect((await follow([mended, lost], dying)).begun).toEqual([]);
});

test("what failed and then came through is final", async () => {
  const lineage = inventedLineage(0);
  await follow([lineage], async () => passing);
  await putStages(stores.run, lineage);
  expect((await follow([lineage], async () => passing)).ended.get(0)).toMatchObject({ state: "kept" });
  expect((await follow([lineage], async () => passing, { retryFailed: true })).begun).toEqual([]);
});

test("a lasting failure is not tried again unless asked for, and harms no other lineage", async () => {
  await putStages(stores.run, inventedLineage(1));
  const lineages = [unmade(0), inventedLineage(1)];
  const { ended, stopped } = await follow(lineages, async () => lasting, { concurrency: 2 });
  expect([ended.get(0)?.state, ended.get(1)?.state, stopped]).toEqual(["failed", "kept", null]);
  expect((await follow(lineages, async () => lasting)).begun).toEqual([]);
  expect((await follow(lineages, async () => lasting, { retryFailed: true })).begun).toEqual([0]);
});

test("a cause of the whole run stops admission, fails nobody, and the next process begins where it stopped", async () => {
  const lineages = [0, 1, 2, 3].map(inventedLineage);
  for (const position of [0, 2, 3]) await putStages(stores.run, inventedLineage(position));
  const { stopped, begun, ended } = await follow(lineages, async () => ofTheRun);
  expect(stopped).toEqual(ofTheRun);
  expect(begun).toEqual([0, 1]);
  expect([...ended.keys()]).toEqual([0]);
  expect(await stores.run.ledger.count("outcome")).toBe(1);
  await putStages(stores.run, inventedLineage(1));
  const next = await follow(lineages, async () => ofTheRun);
  expect([next.stopped, next.begun]).toEqual([null, [1, 2, 3]]);
});

test("lineages under way when the run must stop are finished", async () => {
  const gate = Promise.withResolvers<void>();
  const meets: Meets = async (snapshot) => {
    if (snapshot === "snapshot-of-0") return ofTheRun;
    await gate.promise;
    return lasting;
  };
  const lineages = [1, 0, 2].map(unmade);
  const following = follow(lineages, meets, { concurrency: 2 });
  setImmediate(() => gate.resolve());
  const { stopped, begun, ended } = await following;
  expect(stopped).toEqual(ofTheRun);
  expect(begun).toEqual([1, 0]);
  expect([...ended.keys()]).toEqual([1]);
});

test("draining begins nothing new and finishes what was begun", async () => {
  const drain = new AbortController();
  const lineages = [0, 1, 2].map(inventedLineage);
  for (const lineage of lineages) await putStages(stores.run, lineage);
  const begun: number[] = [];
  const onBegin = ({ position }: Lineage): void => {
    begun.push(position);
    if (position === 1) drain.abort();
  };
  const { ended, stopped } = await follow(lineages, async () => lasting, { drain: drain.signal, onBegin });
  expect([begun, [...ended.keys()], stopped]).toEqual([[0, 1], [0, 1], null]);
});

test("a lineage that was stopped in the middle has no outcome, whatever its stage said last", async () => {
  const stop = new AbortController();
  const meets: Meets = async () => {
    stop.abort();
    return lasting;
  };
  const { ended, stopped } = await follow([unmade(0), unmade(1)], meets, { signal: stop.signal });
  expect([ended.size, stopped, await stores.run.ledger.count("outcome")]).toEqual([0, null, 0]);
});

test("trouble of the disk stops the run, wherever it is met, and a bug is thrown", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" });
  const meeting =
    (error: Error): Meets =>
    async () => {
      throw error;
    };
  expect((await follow([unmade(0)], meeting(full))).stopped).toMatchObject({ code: "disk-full", wholeRun: true });
  const known = storageTrouble("journal-damaged", "The journal is damaged.");
  expect(known).toBeInstanceOf(StorageError);
  expect((await follow([unmade(0)], meeting(known))).stopped).toMatchObject({ code: "journal-damaged" });
  await expect(follow([unmade(0)], meeting(new TypeError("a bug")))).rejects.toThrow("a bug");
  expect(await stores.run.ledger.count("outcome")).toBe(0);
});

test("no more lineages are followed at once than asked for", async () => {
  let [now, most] = [0, 0];
  const meets: Meets = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    return lasting;
  };
  await follow([0, 1, 2, 3, 4, 5, 6].map(unmade), meets, { concurrency: 3 });
  expect(most).toBe(3);
});
