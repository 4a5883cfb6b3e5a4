import { z } from "zod";
import { AttachedStream } from "./attached-stream.ts";
import type { Engine } from "./engine.ts";
import { EngineProblem } from "./engine-problem.ts";

const Sized = z.looseObject({ SizeRw: z.number().nullish() });
const callMs = 60_000;
const removeMs = 60_000;

/** Throws an EngineProblem. A stop waits for the engine's answer: else a container would be left that nobody knows of. */
export async function createContainer(engine: Engine, settings: object, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const made = await engine.json({ method: "POST", path: "/containers/create", body: settings }, AbortSignal.timeout(callMs));
  if (typeof made === "object" && made !== null && "Id" in made && typeof made.Id === "string") {
    if (signal.aborted) await removeContainer(engine, made.Id);
    signal.throwIfAborted();
    return made.Id;
  }
  throw new EngineProblem("The engine gave no id for a container.", { status: 500 });
}

/** Its first process's streams. Asked for before the container is started, so that nothing is missed. */
export async function attachContainer(engine: Engine, id: string, signal: AbortSignal): Promise<AttachedStream> {
  const query = { stream: "1", stdin: "1", stdout: "1", stderr: "1" };
  return new AttachedStream(await engine.hijack({ method: "POST", path: `/containers/${id}/attach`, query }, soon(signal)));
}

export async function startContainer(engine: Engine, id: string, signal: AbortSignal): Promise<void> {
  await engine.json({ method: "POST", path: `/containers/${id}/start` }, soon(signal));
}

/** Bytes of what a container's own layer holds. */
export async function writtenBytes(of: { readonly engine: Engine; readonly container: string }, signal: AbortSignal): Promise<number> {
  const call = { method: "GET", path: `/containers/${of.container}/json`, query: { size: "1" } } as const;
  return Sized.parse(await of.engine.json(call, signal)).SizeRw ?? 0;
}

/** Ends and removes it, with what it wrote, and waits until it is gone. Never throws: what stays is swept later. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  const signal = AbortSignal.timeout(removeMs);
  const query = { force: "1", v: "1" };
  const words = await engine.json({ method: "DELETE", path: `/containers/${id}`, query }, signal).then(
    () => null,
    (error: unknown) => (error instanceof EngineProblem ? error : null),
  );
  // The engine is removing it already.
  if (words?.status !== 409) return;
  await engine.json({ method: "POST", path: `/containers/${id}/wait`, query: { condition: "removed" } }, signal).catch(() => null);
}

function soon(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(callMs)]);
}
