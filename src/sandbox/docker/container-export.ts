import { posix } from "node:path";
import { Readable } from "node:stream";
import { err, ok, type Result } from "../../base/result.ts";
import { ExportEnded, type ExportedTree } from "../../records/exported-tree.ts";
import type { Failure } from "../../records/failure.ts";
import { cancelled, sandboxDied } from "../sandbox-failure.ts";
import type { Engine } from "./engine.ts";
import { unreachable } from "./engine-failure.ts";
import { EngineProblem } from "./engine-problem.ts";
import { goesAway } from "./goes-away.ts";
import { rewrittenTar, type TarSource } from "./rewritten-tar.ts";
import { EngineChanges, readChanges, type WorkspaceChanges } from "./workspace-changes.ts";

export interface ContainerExport {
  readonly engine: Engine;
  readonly container: string;
  readonly snapshotPath: string;
  /** Of the snapshot, as a tar. */
  readonly snapshotBytes: number;
  /** What set-up commands made there is not the agent's. */
  readonly setupNames: ReadonlySet<string>;
}

/** Each path asked for costs the engine as much as this many bytes of a whole workspace. */
const bytesWorthOneCall = 8 * 1024 * 1024;

/**
 * The workspace as a delta where little changed, else whole: the engine says which paths differ from the image, and gives tars of
 * paths. It reads them as root, outside, and follows no link.
 */
export async function exportContainer(request: ContainerExport, signal: AbortSignal): Promise<Result<ExportedTree, Failure>> {
  try {
    const changes = await changesOf(request, signal);
    const isFew = changes !== null && (changes.taken.length - 1) * bytesWorthOneCall <= request.snapshotBytes;
    const stop = new AbortController();
    const until = AbortSignal.any([signal, stop.signal]);
    const sources = isFew ? eachPath(request, changes.taken, until) : wholeWorkspace(request, until);
    const tar = Readable.from(explained(request, rewrittenTar(sources, request.setupNames)), { objectMode: false });
    tar.once("close", () => stop.abort());
    return ok({ kind: isFew ? "delta" : "full", deleted: isFew ? changes.deleted : [], tar });
  } catch (error) {
    if (signal.aborted) return cancelled();
    if (!(error instanceof EngineProblem)) throw error;
    return err(await causeOf(request, error));
  }
}

/** null: the engine cannot tell. podman stumbles over a folder in the place of a file; all there is says as much. */
async function changesOf({ engine, container, ...of }: ContainerExport, signal: AbortSignal): Promise<WorkspaceChanges | null> {
  const call = { method: "GET", path: `/containers/${container}/changes` } as const;
  const answer = await engine.json(call, signal).catch((error: unknown) => {
    if (error instanceof EngineProblem && error.status !== null && error.status >= 500) return undefined;
    throw error;
  });
  return answer === undefined ? null : await readChanges(EngineChanges.parse(answer), of);
}

/** What goes wrong while the tar is read, with its cause. */
async function* explained(request: ContainerExport, tar: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* tar;
  } catch (error) {
    // An error with a code is the connection's.
    if (!(error instanceof Error) || !(error instanceof EngineProblem || "code" in error)) throw error;
    throw new ExportEnded(await causeOf(request, error));
  }
}

async function causeOf({ engine }: ContainerExport, { message }: Error): Promise<Failure> {
  if (await goesAway(engine)) return unreachable(engine.name, { message, code: null }).error;
  return sandboxDied(`The workspace could not be exported: ${message}`).error;
}

async function* eachPath(request: ContainerExport, paths: readonly string[], signal: AbortSignal): AsyncGenerator<TarSource> {
  for (const path of paths) {
    const folder = posix.dirname(path);
    const tar = await tarOf(request, posix.join("/testbed", path), signal);
    yield { tar, drop: Buffer.alloc(0), add: Buffer.from(folder === "." ? "" : `${folder}/`) };
  }
}

async function* wholeWorkspace(request: ContainerExport, signal: AbortSignal): AsyncGenerator<TarSource> {
  yield { tar: await tarOf(request, "/testbed", signal), drop: Buffer.from("testbed/"), add: Buffer.alloc(0) };
}

async function tarOf({ engine, container }: ContainerExport, path: string, signal: AbortSignal): Promise<Readable> {
  return await engine.ask({ method: "GET", path: `/containers/${container}/archive`, query: { path } }, signal);
}
