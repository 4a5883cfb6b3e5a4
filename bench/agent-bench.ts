import { createModelPool } from "../src/model/pool/model-pool.ts";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { contentId } from "../src/base/hash.ts";
import { unwrap } from "../src/base/result.ts";
import { createScrubber } from "../src/base/secret.ts";
import { intake } from "../src/journey/intake/intake.ts";
import { createSnapshotShelf } from "../src/journey/intake/snapshot-shelf.ts";
import { openLocalRun } from "../src/ledger/local/local-run.ts";
import { createBudget } from "../src/model/budget.ts";
import { createOpenAiChat } from "../src/model/openai-chat/openai-chat.ts";
import { RepositoryConfig } from "../src/repository/repository-config.ts";
import { runGit } from "../src/repository/run-git.ts";
import { RolloutConfig } from "../src/rollout/rollout-config.ts";
import { runRollout, type RolloutContext, type RolloutTask } from "../src/rollout/rollout.ts";
import type { SandboxBackend } from "../src/sandbox/sandbox.ts";
import { toolsetByName } from "../src/toolsets/toolsets.ts";

export interface AgentRow {
  readonly concurrency: number;
  readonly rollouts: number;
  readonly steps: number;
  /** Steps of the run before these. */
  readonly stepsBefore: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly maxRssMiB: number;
}

/** A run on a tiny repository in which rollouts of the benchmark's task can be done and measured again and again. */
export interface AgentBench extends AsyncDisposable {
  measure(concurrency: number, rollouts: number): Promise<AgentRow>;
}

export interface AgentBenchOptions {
  readonly folder: string;
  /** Of the teacher. */
  readonly url: string;
  readonly sandboxes: SandboxBackend;
  readonly image: string | null;
}

const signal = new AbortController().signal;

export async function openAgentBench({ folder, url, sandboxes, image }: AgentBenchOptions): Promise<AgentBench> {
  await using opened = new AsyncDisposableStack();
  const scratchRoot = join(folder, "scratch");
  const repository = await tinyRepository(join(folder, "repository"));
  const run = opened.use(unwrap(await openLocalRun({ dir: join(folder, "run"), scrubber: createScrubber([]), write: true })));
  const model = opened.use(createOpenAiChat({ baseUrl: url, model: "scripted", apiKey: null, firstByteMs: 60_000, stallMs: 60_000 }));
  const shelf = createSnapshotShelf({ ...run, cacheRoot: sandboxes.cacheRoot, owner: sandboxes.snapshotOwner, scratchRoot });
  const taken = unwrap(await intake(RepositoryConfig.parse({ path: repository }), { ...run, scratchRoot }, signal));
  const unpacked = unwrap(await shelf.unpacked(taken.snapshots[0] ?? "", signal));
  const context: RolloutContext = {
    teacher: { pool: createModelPool({ models: [model], clock: systemClock, most: Infinity }), costUsd: () => 0, worstCaseUsd: () => 0 },
    budget: createBudget(null, 0),
    clock: systemClock,
    tries: 3,
    sandboxes,
    journal: run.journal,
    artifacts: run.artifacts,
    makeDiff: shelf.differ(unpacked),
    redactor: null,
    onStep: () => undefined,
  };
  const snapshot = { id: unpacked.commit, path: unpacked.folder };
  let [next, stepsBefore] = [0, 0];
  const kept = opened.move();
  return {
    async measure(concurrency, rollouts) {
      const tasks = Array.from({ length: rollouts }, () => taskOf(next++, snapshot, image));
      const row = { stepsBefore, ...(await measureRollouts(tasks, concurrency, context)) };
      stepsBefore += row.steps;
      return row;
    },
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  };
}

async function measureRollouts(
  tasks: readonly RolloutTask[],
  concurrency: number,
  context: RolloutContext,
): Promise<Omit<AgentRow, "stepsBefore">> {
  let [steps, maxRssMiB] = [0, 0];
  const watch = setInterval(() => (maxRssMiB = Math.max(maxRssMiB, process.memoryUsage.rss() / 2 ** 20)), 50);
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const waiting = tasks.values();
  const worker = async (): Promise<void> => {
    for (const task of waiting) {
      const done = unwrap(await runRollout(task, context, signal));
      if (done.exit !== "submitted") throw new Error(`a bench rollout ended with ${done.exit}`);
      steps += done.steps;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpuBefore);
  const wallSeconds = (performance.now() - startedMs) / 1000;
  return { concurrency, rollouts: tasks.length, steps, wallSeconds, cpuSeconds: (user + system) / 1e6, maxRssMiB };
}

function taskOf(index: number, snapshot: RolloutTask["snapshot"], image: string | null): RolloutTask {
  const toolset = toolsetByName("sera");
  if (toolset === null) throw new Error("no toolset");
  const settings = RolloutConfig.parse({});
  return {
    key: contentId(["bench", index]),
    lineage: `bench-${index}`,
    kind: "t1",
    attempt: 1,
    problem: `bench:21 (task ${index})`,
    toolset,
    snapshot,
    image,
    setup: null,
    sandboxLimits: { memoryMiB: null, processes: null, workspaceMiB: 64 },
    limits: { ...settings, ...settings.deadlines, contextTokens: settings.context },
    openMs: 120_000,
    temperature: 0.6,
    maxOutputTokens: null,
  };
}

async function tinyRepository(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await writeFile(join(path, "a.py"), "def f():\n    return 1\n");
  const identity = { GIT_AUTHOR_NAME: "B", GIT_AUTHOR_EMAIL: "b@localhost", GIT_COMMITTER_NAME: "B", GIT_COMMITTER_EMAIL: "b@localhost" };
  for (const args of [
    ["init", "-q"],
    ["add", "a.py"],
    ["commit", "-q", "-m", "one"],
  ]) {
    const exit = await runGit({ folder: path, args, environment: identity }, signal);
    if (exit.exitCode !== 0) throw new Error(exit.stderr);
  }
  return path;
}
