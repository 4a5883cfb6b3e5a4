import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBubblewrap } from "../src/sandbox/bubblewrap/bubblewrap.ts";
import { TestEngine, whyNoEngine } from "../src/sandbox/docker/test-engine.conformance.ts";
import { debianTar, whyNoDebian } from "../src/sandbox/docker/test-images.conformance.ts";
import { measureFloor } from "./floor.ts";
import { measurePeer, whyNoPeer } from "./mini-swe-agent.ts";
import { openAgentBench, type AgentBench, type AgentRow } from "./agent-bench.ts";
import { print, printTable } from "./print.ts";

/**
 * Agent steps per CPU-second of our own process on the 21-step task of mini-swe-agent's measurement (20 shell commands and a
 * submit), journaled to disk, beside that agent in the same run, with the scripted teacher in a process of its own. Children (the
 * commands), the engine of docker and the teacher are not counted, for neither.
 */
export async function benchRollouts(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "apprentice-bench-"));
  const teacher = spawn(process.execPath, ["bin/apprentice.js", "teacher"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const url = await addressOf(teacher);
    await benchBubblewrap(folder, url);
    await benchDocker(folder, url);
    await benchLatency(folder);
  } finally {
    teacher.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

async function addressOf(server: ChildProcess): Promise<string> {
  if (server.stdout === null) throw new Error("a server without output");
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  return (JSON.parse(line.toString("utf8")) as { openaiBaseUrl: string }).openaiBaseUrl;
}

async function benchBubblewrap(folder: string, url: string): Promise<void> {
  await using bench = await openAgentBench({ folder: join(folder, "bubblewrap"), url, sandboxes: createBubblewrap(), image: null });
  const rows: AgentRow[] = [];
  for (const [concurrency, rollouts] of [
    [1, 32],
    [8, 64],
    [32, 96],
    [256, 512],
    [1000, 1000],
  ] as const) {
    rows.push(await bench.measure(concurrency, rollouts));
  }
  printRows("bubblewrap", rows, peerRows(url, null));
  await benchFlatness(bench);
}

/** What a step costs as the run grows: the same work again and again in one run and one process. */
async function benchFlatness(bench: AgentBench): Promise<void> {
  const rows: AgentRow[] = [];
  for (let part = 0; part < 5; part++) rows.push(await bench.measure(32, 192));
  print("### The cost of a step as a run grows (the run above goes on, 32 at once, 192 rollouts a row)\n");
  printTable(
    ["steps in the run before", "own CPU ms/step", "RSS MiB"],
    rows.map((row) => [String(row.stepsBefore), msOfStep(row), row.maxRssMiB.toFixed(0)]),
  );
}

async function benchDocker(folder: string, url: string): Promise<void> {
  const why = whyNoEngine() ?? whyNoDebian();
  if (why !== null) return print(`Docker was not measured: ${why}.\n`);
  await using engine = new TestEngine();
  await engine.start();
  await engine.importImage(debianTar, "bench:1");
  process.env["DOCKER_HOST"] = engine.environment.DOCKER_HOST;
  await using bench = await openAgentBench({ folder: join(folder, "docker"), url, sandboxes: engine.backend(), image: "bench:1" });
  const rows: AgentRow[] = [];
  for (const [concurrency, rollouts] of [
    [1, 8],
    [8, 32],
    [32, 64],
    [64, 128],
  ] as const) {
    rows.push(await bench.measure(concurrency, rollouts));
  }
  printRows("docker", rows, peerRows(url, "bench:1"));
}

interface PeerRow extends Omit<AgentRow, "stepsBefore"> {
  readonly name: string;
}

function peerRows(url: string, image: string | null): PeerRow[] {
  const why = whyNoPeer();
  if (why !== null) print(`mini-swe-agent was not measured: ${why}.\n`);
  const shapes =
    image === null
      ? [
          { tasks: 8, workers: 1 },
          { tasks: 32, workers: 8 },
        ]
      : [
          { tasks: 2, workers: 1 },
          { tasks: 16, workers: 8 },
        ];
  return shapes.flatMap(({ tasks, workers }) => {
    const row = why === null ? measurePeer(url, image, { tasks, workers }) : null;
    return row === null ? [] : [{ ...row, name: "mini-swe-agent 2.4.6", concurrency: workers, rollouts: tasks }];
  });
}

function msOfStep({ cpuSeconds, steps }: Pick<AgentRow, "cpuSeconds" | "steps">): string {
  return ((1000 * cpuSeconds) / steps).toFixed(2);
}

/** The commands alone, outside any sandbox. */
function floorRows(): PeerRow[] {
  const shapes = [
    { tasks: 8, workers: 1 },
    { tasks: 32, workers: 8 },
  ];
  return shapes.flatMap(({ tasks, workers }) => {
    const row = measureFloor({ tasks, workers });
    return row === null ? [] : [{ ...row, name: "the commands by bare subprocess", concurrency: workers, rollouts: tasks }];
  });
}

function printRows(sandbox: string, ours: readonly AgentRow[], theirs: readonly PeerRow[]): void {
  print(`## Agent steps (21-step task, ${sandbox}, journal on disk)\n`);
  const perCpu = ({ steps, cpuSeconds }: Pick<AgentRow, "steps" | "cpuSeconds">): number => steps / cpuSeconds;
  const best = Math.max(...theirs.map(perCpu));
  const floors = floorRows();
  const floor = Math.max(...floors.map(perCpu));
  const rows = [...ours.map((row) => ({ ...row, name: "apprentice" })), ...theirs, ...floors].map((row) => [
    row.name,
    String(row.concurrency),
    String(row.rollouts),
    String(row.steps),
    (row.steps / row.wallSeconds).toFixed(0),
    perCpu(row).toFixed(0),
    msOfStep(row),
    row.maxRssMiB.toFixed(0),
    theirs.length === 0 ? "–" : (perCpu(row) / best).toFixed(1),
    floors.length === 0 ? "–" : (perCpu(row) / floor).toFixed(2),
  ]);
  const head = [
    "agent",
    "at once",
    "rollouts",
    "steps",
    "steps/s",
    "steps per own CPU-second",
    "own CPU ms/step",
    "peak RSS MiB",
    "× the peer's best",
    "× bare subprocess",
  ];
  printTable(head, rows);
}

/** Everything in a step but the model and a command that costs nothing: from the end of a reply to the next request, as the server sees it. */
async function benchLatency(folder: string): Promise<void> {
  const server = spawn(process.execPath, ["bench/gap-server.ts", "21"], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const url = await addressOf(server);
    await using bench = await openAgentBench({ folder: join(folder, "latency"), url, sandboxes: createBubblewrap(), image: null });
    await bench.measure(1, 50);
    const gaps = (await (await fetch(new URL("/gaps", url))).json()) as number[];
    const sorted = gaps.toSorted((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2);
    print(`## Added latency of a step (bubblewrap, one agent, ${gaps.length} steps; goal: under 2 ms at the median)\n`);
    printTable(["median ms", "90 % ms", "99 % ms"], [[at(0.5), at(0.9), at(0.99)]]);
  } finally {
    server.kill();
  }
}
