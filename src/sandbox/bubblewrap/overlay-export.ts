import { spawn, type ChildProcess } from "node:child_process";
import { isUtf8 } from "node:buffer";
import { lstatSync } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { ok, type Result } from "../../base/result.ts";
import type { ExportedTree } from "../../records/exported-tree.ts";
import type { Failure } from "../../records/failure.ts";
import { cancelled, sandboxDied } from "../sandbox-failure.ts";
import { SectionReader } from "../section-reader.ts";
import { isOfSetup } from "../setup-names.ts";
import { readOpaqueFolders } from "./opaque-folders.ts";

export interface OverlayExport {
  /** A process in the namespaces of enter.sh, as this host counts. */
  readonly outerPid: number;
  readonly snapshotPath: string;
  /** What set-up commands made there is not the agent's, and is in no export. */
  readonly setupNames: ReadonlySet<string>;
  /** Our uid in those namespaces; null: the one we run under. */
  readonly user: number | null;
  /** Text of export.sh. */
  readonly script: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * The overlay's upper folder as a delta. It is read beside the sandbox by programs of this host, and no link in it is followed. Names
 * keep their bytes in the tar; where a deleted path is not UTF-8, which `deleted` could not name, the export is full.
 */
export async function exportOverlay(request: OverlayExport, signal: AbortSignal): Promise<Result<ExportedTree, Failure>> {
  if (signal.aborted) return cancelled();
  const running = start(request, "delta");
  const stop = (): void => running.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const entries = await readEntries(running.reader);
    const opaque = entries === null ? null : await readOpaqueFolders(running.reader);
    if (entries === null || opaque === null) return await failed(running, signal);
    const all = [...(await goneEntries(entries, request.snapshotPath)), ...opaque];
    const gone = all.filter((name) => !isOfSetup(name.toString("latin1"), request.setupNames));
    if (gone.every((name) => isUtf8(name))) {
      const deleted = [...new Set(gone.map((name) => name.toString("utf8")))].sort();
      return ok({ kind: "delta", deleted, tar: tarOf(running) });
    }
    running.stop();
    return ok({ kind: "full", deleted: [], tar: tarOf(start(request, "full")) });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

interface Ended {
  readonly code: number | null;
  readonly words: string;
}

interface Running {
  readonly reader: SectionReader;
  readonly ended: Promise<Ended>;
  stop(): void;
}

function start(request: OverlayExport, kind: "delta" | "full"): Running {
  const enter = ["nsenter", "-t", String(request.outerPid), "-U", "-m", "--preserve-credentials", "sh", "-c", request.script, "sh", kind];
  const drop = request.user === null ? [] : ["setpriv", `--reuid=${request.user}`, `--regid=${request.user}`, "--clear-groups"];
  const [program = "", ...args] = [...drop, ...enter];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: request.environment, cwd: "/", detached: true });
  const stop = (): void => {
    child.kill("SIGKILL");
    child.stdout.destroy();
  };
  return { reader: new SectionReader(child.stdout), ended: exitOf(child), stop };
}

function exitOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    let words = "";
    child.stderr?.on("data", (chunk: Buffer) => (words = (words + chunk.toString("utf8")).slice(0, 500)));
    child.on("error", (error) => resolve({ code: null, words: error.message }));
    child.on("close", (code) => resolve({ code, words: words.trim() }));
  });
}

async function failed(running: Running, signal: AbortSignal): Promise<Result<ExportedTree, Failure>> {
  running.stop();
  if (signal.aborted) return cancelled();
  return sandboxDied(`The workspace could not be exported: ${(await running.ended).words}`);
}

/** Entries as `find` gives them: a letter for the type, then the name. null: cut short. */
async function readEntries(reader: SectionReader): Promise<Buffer[] | null> {
  const entries: Buffer[] = [];
  for (;;) {
    const entry = await reader.until(0);
    if (entry === null) return null;
    if (entry.length === 0) return entries;
    entries.push(entry);
  }
}

/**
 * What the snapshot has and the workspace has not: whiteouts and special files, and folders whose place a file or link took. An
 * overlay has no mark for the last, so the snapshot is asked.
 */
async function goneEntries(entries: readonly Buffer[], snapshotPath: string): Promise<Buffer[]> {
  const gone: Buffer[] = [];
  const root = Buffer.from(`${snapshotPath}/`);
  let asked = 0;
  for (const entry of entries) {
    const type = String.fromCharCode(entry[0] ?? 0);
    const name = entry.subarray(1);
    if (type === "d") continue;
    if (type !== "f" && type !== "l") gone.push(name);
    else if (isFolder(Buffer.concat([root, name]))) gone.push(name);
    if (++asked % 2000 === 0) await turn();
  }
  return gone;
}

/** Also false where a part of the path is a file. */
function isFolder(path: Buffer): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

function tarOf(running: Running): Readable {
  const tar = Readable.from(restOf(running), { objectMode: false });
  tar.on("close", () => running.stop());
  return tar;
}

async function* restOf(running: Running): AsyncGenerator<Buffer> {
  yield* running.reader.rest();
  const { code, words } = await running.ended;
  if (code !== 0) throw new Error(`the export of a workspace was cut short: ${words}`);
}
