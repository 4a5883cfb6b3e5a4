import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { contentId } from "../src/base/hash.ts";
import { unwrap } from "../src/base/result.ts";
import { createScrubber } from "../src/base/secret.ts";
import { createSnapshotShelf } from "../src/journey/intake/snapshot-shelf.ts";
import { intake } from "../src/journey/intake/intake.ts";
import { openLocalRun } from "../src/ledger/local/local-run.ts";
import { createBudget } from "../src/model/budget.ts";
import { createOpenAiChat } from "../src/model/openai-chat/openai-chat.ts";
import { RepositoryConfig } from "../src/repository/repository-config.ts";
import { runGit } from "../src/repository/run-git.ts";
import { RolloutConfig } from "../src/rollout/rollout-config.ts";
import { runRollout, type RolloutContext, type RolloutTask } from "../src/rollout/rollout.ts";
import { createBubblewrap } from "../src/sandbox/bubblewrap/bubblewrap.ts";
import { toolsetByName } from "../src/toolsets/toolsets.ts";
import { print, printTable } from "./print.ts";

/**
 * Agent steps per CPU-second of our own process on the 21-step task of mini-swe-agent's measurement (20 shell commands and a
 * submit), in bubblewrap, journaled to disk, with the scripted teacher in a process of its own. Children (the commands) and the
 * teacher are not counted, as they are not there.
 */
const signal = new AbortController().signal;

interface Row {
  readonly concurrency: number;
  readonly rollouts: number;
  readonly steps: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly maxRssMiB: number;
}

export async function benchRollouts(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "apprentice-bench-"));
  const teacher = spawn(process.execPath, ["bin/apprentice.js", "teacher"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [line] = (await once(teacher.stdout, "data")) as [Buffer];
    const { openaiBaseUrl } = JSON.parse(line.toString("utf8")) as { openaiBaseUrl: string };
    const rows: Row[] = [];
    for (const [concurrency, rollouts] of [
      [1, 32],
      [32, 96],
      [256, 512],
    ] as const) {
      rows.push(await measure({ folder, openaiBaseUrl, concurrency, rollouts }));
    }
    print("## Agent steps (21-step task, bubblewrap, journal on disk)\n");
    printTable(
      [
        "concurrent rollouts",
        "rollouts",
        "steps",
        "steps/s",
        "steps per own CPU-second",
        "own CPU ms/step",
        "peak RSS MiB",
        "× mini-swe-agent (62)",
      ],
      rows.map((row) => [
        String(row.concurrency),
        String(row.rollouts),
        String(row.steps),
        (row.steps / row.wallSeconds).toFixed(0),
        (row.steps / row.cpuSeconds).toFixed(0),
        ((1000 * row.cpuSeconds) / row.steps).toFixed(2),
        row.maxRssMiB.toFixed(0),
        (row.steps / row.cpuSeconds / 62).toFixed(1),
      ]),
    );
    print(
      "mini-swe-agent 2.4.6 on a machine of this kind: 61.6 steps per own CPU-second in bubblewrap, 60.1 with 8 workers, 221 to 229 MiB (measured earlier, not in this run).\n",
    );
  } finally {
    teacher.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measurement {
  readonly folder: string;
  readonly openaiBaseUrl: string;
  readonly concurrency: number;
  readonly rollouts: number;
}

async function measure({ folder, openaiBaseUrl, concurrency, rollouts }: Measurement): Promise<Row> {
  const scratchRoot = join(folder, "scratch");
  const repository = await tinyRepository(join(folder, `repository-${concurrency}`));
  await using run = unwrap(await openLocalRun({ dir: join(folder, `run-${concurrency}`), scrubber: createScrubber([]), write: true }));
  await using model = createOpenAiChat({ baseUrl: openaiBaseUrl, model: "scripted", apiKey: null, firstByteMs: 60_000, stallMs: 60_000 });
  const sandboxes = createBubblewrap();
  const shelf = createSnapshotShelf({ ...run, cacheRoot: sandboxes.cacheRoot, owner: sandboxes.snapshotOwner, scratchRoot });
  const taken = unwrap(await intake(RepositoryConfig.parse({ path: repository }), { ...run, scratchRoot }, signal));
  const unpacked = unwrap(await shelf.unpacked(taken.snapshots[0] ?? "", signal));
  const toolset = toolsetByName("sera");
  if (toolset === null) throw new Error("no toolset");
  const settings = RolloutConfig.parse({});
  const context: RolloutContext = {
    teacher: { model, costUsd: () => 0, worstCaseUsd: () => 0 },
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
  const taskOf = (index: number): RolloutTask => ({
    key: contentId(["bench", concurrency, index]),
    lineage: `bench-${index}`,
    kind: "t1",
    attempt: 1,
    problem: `bench:21 (task ${index})`,
    toolset,
    snapshot: { id: unpacked.commit, path: unpacked.folder },
    image: null,
    setup: null,
    sandboxLimits: { memoryMiB: null, processes: null, workspaceMiB: 64 },
    limits: { ...settings, ...settings.deadlines, contextTokens: settings.context },
    openMs: 60_000,
    temperature: 0.6,
    maxOutputTokens: null,
  });
  let [steps, next, maxRssMiB] = [0, 0, 0];
  const watch = setInterval(() => (maxRssMiB = Math.max(maxRssMiB, process.memoryUsage.rss() / 2 ** 20)), 50);
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const worker = async (): Promise<void> => {
    while (next < rollouts) {
      const done = unwrap(await runRollout(taskOf(next++), context, signal));
      if (done.exit !== "submitted") throw new Error(`a bench rollout ended with ${done.exit}`);
      steps += done.steps;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    concurrency,
    rollouts,
    steps,
    wallSeconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (user + system) / 1e6,
    maxRssMiB,
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
