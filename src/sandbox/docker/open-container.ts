import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { finished } from "node:stream/promises";
import type { Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import type { OpenRequest, Sandbox } from "../sandbox.ts";
import { SupervisedSandbox, type SupervisedParts } from "../supervised-sandbox.ts";
import { within } from "../within.ts";
import type { AttachedStream } from "./attached-stream.ts";
import { attachContainer, createContainer, removeContainer, startContainer } from "./container.ts";
import { exportContainer } from "./container-export.ts";
import { containerSettings, type ContainerRequest, type EngineLimits } from "./container-settings.ts";
import { ContainerShell } from "./container-shell.ts";
import { explainEnd } from "./explain-end.ts";
import type { Engine } from "./engine.ts";
import { EngineProblem } from "./engine-problem.ts";
import { ownContainerLabels } from "./names.ts";
import type { SnapshotImage } from "./snapshot-images.ts";

export interface ContainerOpening {
  readonly engine: Engine;
  readonly enforced: EngineLimits;
  readonly image: SnapshotImage;
  readonly request: OpenRequest;
}

/** Time for the shell of a started container to stand. */
const openMs = 60_000;
const lastWordsMs = 5_000;

let script: string | null = null;

/** A container of a prepared image with its supervisor and shell. Nothing of it stays where that fails. Throws an EngineProblem. */
export async function openContainer(opening: ContainerOpening, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
  const { engine, request, image } = opening;
  const openedAtMs = Date.now();
  const container = await create(opening, supervisorScript(), signal);
  return await superviseContainer(
    {
      engine,
      container,
      openedAtMs,
      close: () => removeContainer(engine, container),
      exportWorkspace: (until) => {
        const { id: _, bytes: snapshotBytes, setupNames } = image;
        return exportContainer({ engine, container, snapshotPath: request.snapshot.path, snapshotBytes, setupNames }, until);
      },
    },
    signal,
  );
}

export function supervisorScript(): string {
  script ??= readFileSync(new URL("../supervisor.sh", import.meta.url), "utf8");
  return script;
}

export interface SupervisedContainer extends Pick<SupervisedParts, "exportWorkspace" | "close"> {
  readonly engine: Engine;
  /** Made, not started; its first process is the supervisor's "serve". */
  readonly container: string;
  readonly openedAtMs: number;
}

/** Starts a container and what is behind a sandbox in it. On failure it is closed. Throws an EngineProblem. */
export async function superviseContainer(parts: SupervisedContainer, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
  const { engine, container, openedAtMs } = parts;
  const secret = randomBytes(16).toString("hex");
  await using failing = new AsyncDisposableStack();
  failing.defer(parts.close);
  const control = await attachContainer(engine, container, signal);
  failing.defer(() => void control.destroy());
  await startContainer(engine, container, signal);
  const shell = new ContainerShell({ engine, container, script: supervisorScript(), secret, onLost: () => control.destroy() });
  failing.defer(() => shell.close());
  await shell.start(signal).catch(async (error: unknown) => {
    throw await whyNotRunning(control, error);
  });
  failing.move();
  const sandbox = new SupervisedSandbox({
    secret,
    control,
    shellInput: shell.input,
    output: shell.output,
    limits: { processes: null, dataKiB: null },
    letShellEnd: () => shell.letGo(),
    explainEnd: () => explainEnd({ engine, container, openedAtMs }),
    close: async () => {
      shell.close();
      await parts.close();
    },
    exportWorkspace: parts.exportWorkspace,
  });
  const opened = await sandbox.opened(openMs, signal);
  if (!opened.ok && !signal.aborted && control.isOver) throw endedAtOnce(control);
  return opened;
}

/** A container that has ended at once takes no second process; what its engine or shell said of that came on its standard error. */
async function whyNotRunning(control: AttachedStream, error: unknown): Promise<unknown> {
  if (!(error instanceof EngineProblem) || !/not running|no such container/i.test(error.message)) return error;
  control.resume();
  await within(finished(control, { writable: false }), lastWordsMs).catch(() => null);
  return endedAtOnce(control);
}

function endedAtOnce(control: AttachedStream): EngineProblem {
  return new EngineProblem(control.words === "" ? "its shell ended at once" : `its shell ended at once: ${control.words}`, { status: 500 });
}

/** Whether the engine can bound what is written, the first try shows. */
async function create({ engine, enforced, image, request }: ContainerOpening, text: string, signal: AbortSignal): Promise<string> {
  const wanted: ContainerRequest = {
    image: image.id,
    limits: request.limits,
    enforced,
    script: text,
    labels: await ownContainerLabels(),
  };
  try {
    const id = await createContainer(engine, containerSettings(wanted), signal);
    enforced.disk ??= true;
    return id;
  } catch (error) {
    const cannot =
      enforced.disk === null && error instanceof EngineProblem && /storage-opt|storage opt|quota|unknown option size/i.test(error.message);
    if (!cannot) throw error;
    enforced.disk = false;
    return await createContainer(engine, containerSettings(wanted), signal);
  }
}
