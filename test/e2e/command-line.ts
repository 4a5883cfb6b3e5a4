import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
export const launcher = join(root, "bin", "apprentice.js");

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface CallOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the command line as a user does, under this process's Node. */
export function start(args: readonly string[], { folder = root, environment = {} }: CallOptions = {}): Started {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([status, signal]): Ended => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr,
  }));
  return { child, ended };
}

export async function call(args: readonly string[], options: CallOptions = {}): Promise<Ended> {
  return await start(args, options).ended;
}

interface EndpointRun {
  readonly repository: string;
  readonly run: string;
  readonly url: string;
  readonly model?: string;
}

/** `generate` over a repository with a teacher behind an endpoint. */
export function generateArgs({ repository, run, url, model = "scripted" }: EndpointRun, ...more: readonly string[]): string[] {
  return ["generate", "--repo", repository, "--run", run, "--base-url", url, "--model", model, ...more];
}

/** The last line of standard output as JSON. */
export function result(ended: Ended): Record<string, unknown> {
  const line = ended.stdout.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    throw new Error(`no JSON at the end of: ${ended.stdout}\n${ended.stderr}`);
  }
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "apprentice-e2e-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** The scripted teacher as a process of its own, with a log. */
export interface TeacherProcess extends AsyncDisposable {
  readonly url: string;
  log(): Promise<{ hash: string; outcome: string }[]>;
}

export async function startTeacher(logPath: string, args: readonly string[] = []): Promise<TeacherProcess> {
  const { child, ended } = start(["teacher", "--log", logPath, ...args]);
  if (child.stdout === null) throw new Error("no output");
  const [line] = (await once(child.stdout, "data")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    log: async () =>
      (await readFile(logPath, "utf8").catch(() => ""))
        .trimEnd()
        .split("\n")
        .filter((entry) => entry !== "")
        .map((entry) => JSON.parse(entry) as { hash: string; outcome: string }),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Bytes of a run's dataset files, by name. */
export async function datasetBytes(runDir: string): Promise<Record<string, string>> {
  const names = ["samples.jsonl", "hermes.jsonl", "messages.jsonl", "manifest.json"];
  const entries = await Promise.all(names.map(async (name) => [name, await readFile(join(runDir, "dataset", name), "utf8")] as const));
  return Object.fromEntries(entries);
}
