import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import PQueue from "p-queue";
import type { Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { leftoversIn, type Leftover } from "../leftover.ts";
import { mostOpenFiles } from "../open-files.ts";
import type { OpenRequest, Sandbox, SandboxBackend } from "../sandbox.ts";
import { cancelled, notOpened } from "../sandbox-failure.ts";
import { SupervisedSandbox } from "../supervised-sandbox.ts";
import { within } from "../within.ts";
import { bwrapArguments, type RootFolder } from "./bwrap-arguments.ts";
import { deadCgroups, findCgroups, makeCgroup, removeCgroup, sweepCgroups, type Cgroups, type SandboxCgroup } from "./cgroups.ts";
import { findImage } from "./image-store.ts";
import { launch, type Launched } from "./launch.ts";
import { exportOverlay } from "./overlay-export.ts";
import { probeBubblewrap } from "./probe.ts";
import { hostRoot, imageRoot } from "./root-folder.ts";
import { serviceUser } from "./service-user.ts";
import { makeReachable, readScript, writeSupportFiles, type SupportFiles } from "./support-files.ts";

export interface BubblewrapOptions {
  /** Folder for snapshots, images and the files that sandboxes share; its parents must let any account pass when we are root. */
  readonly cacheRoot?: string;
}

/** Time for a sandbox to stand, once its turn has come. */
const openMs = 60_000;
/** Starting one keeps our own thread and two cores busy; more at once would only make each slower. */
const openAtOnce = 4;
/** Files that we have open for one sandbox. */
const filesEach = 3;
const filesBeside = 100;
/** After its first process has gone, the kernel ends the rest at once. */
const goneMs = 5_000;

/** The launcher's environment: nothing of ours reaches a sandbox, not even through /proc. */
const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

/**
 * Sandboxes without a daemon: a private user and mount namespace with an overlay on a sized tmpfs, and bubblewrap in it. Nothing is
 * mounted where others see it, so whatever way this process ends, nothing of a sandbox stays but an empty cgroup.
 */
export function createBubblewrap(options: BubblewrapOptions = {}): SandboxBackend {
  return new Bubblewrap(options.cacheRoot ?? defaultCacheRoot());
}

function defaultCacheRoot(): string {
  const chosen = process.env["APPRENTICE_CACHE"] ?? "";
  if (chosen !== "") return resolve(chosen);
  if (process.getuid?.() === 0) return "/var/cache/apprentice";
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "apprentice");
}

interface Ground {
  readonly support: SupportFiles;
  readonly cgroups: Cgroups | null;
  readonly host: RootFolder;
  readonly enterScript: string;
  readonly exportScript: string;
}

interface Place {
  release(): void;
}

class Bubblewrap implements SandboxBackend {
  readonly kind = "bubblewrap";
  readonly snapshotOwner = serviceUser();
  readonly cacheRoot: string;
  readonly #queue = new PQueue({ concurrency: openAtOnce });
  #ground: Promise<Ground> | null = null;
  #open = 0;

  constructor(cacheRoot: string) {
    this.cacheRoot = cacheRoot;
  }

  async probe(): ReturnType<SandboxBackend["probe"]> {
    return await probeBubblewrap(this);
  }

  async sweep(): Promise<void> {
    if (this.snapshotOwner !== null) await sweepCgroups();
  }

  async leftovers(): Promise<Leftover[]> {
    const dead = this.snapshotOwner === null ? [] : await deadCgroups();
    return [
      ...dead.map((name): Leftover => ({ kind: "sandbox", name, bytes: 0, remove: () => removeCgroup(name) })),
      ...(await leftoversIn(join(this.cacheRoot, "images"), "image")),
      ...(await leftoversIn(join(this.cacheRoot, "snapshots"), "cache")),
    ];
  }

  async open(request: OpenRequest, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
    if (signal.aborted) return cancelled();
    const most = mostOpenFiles();
    if (most !== null && (this.#open + 1) * filesEach + filesBeside > most) {
      const message = `${this.#open} sandboxes are open and this process may have ${most} files open: raise the limit (ulimit -n 65536) or lower the concurrency.`;
      return notOpened(message, { code: "too-many-open-files", wholeRun: true, retryable: false });
    }
    const place = this.#takePlace();
    const opened = await this.#queue.add(() => this.#openNow(request, place, signal)).catch((error: unknown) => startProblem(error));
    if (!opened.ok) place.release();
    return opened;
  }

  /** One of the sandboxes that may be open; given back once, however often that is said. */
  #takePlace(): Place {
    let held = true;
    this.#open += 1;
    return {
      release: () => {
        if (held) this.#open -= 1;
        held = false;
      },
    };
  }

  async #openNow(request: OpenRequest, place: Place, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
    if (signal.aborted) return cancelled();
    const found = await stat(request.snapshot.path).catch(() => null);
    if (found?.isDirectory() !== true) return notOpened(`There is no snapshot at ${request.snapshot.path}.`, { retryable: false });
    const ground = await this.#prepared();
    const root = await this.#root(request, ground, signal);
    if (!root.ok) return root;
    const cgroup = ground.cgroups === null ? null : await makeCgroup(ground.cgroups, request.limits);
    const launched = await this.#launch({ request, ground, root: root.value, cgroup });
    const boundsMemory = ground.cgroups !== null && ground.cgroups.memoryParent !== null;
    const sandbox = new SupervisedSandbox({
      secret: randomBytes(16).toString("hex"),
      control: launched.control,
      shellInput: launched.shellInput,
      output: launched.output,
      limits: {
        processes: request.limits.processes,
        dataKiB: boundsMemory || request.limits.memoryMiB === null ? null : request.limits.memoryMiB * 1024,
      },
      close: async () => {
        await closeSandbox(launched, cgroup);
        place.release();
      },
      exportWorkspace: (signal) =>
        exportOverlay(
          {
            outerPid: launched.child.pid ?? 0,
            snapshotPath: request.snapshot.path,
            user: this.snapshotOwner,
            script: ground.exportScript,
            environment,
          },
          signal,
        ),
    });
    return await sandbox.opened(openMs, signal);
  }

  async #launch(parts: {
    readonly request: OpenRequest;
    readonly ground: Ground;
    readonly root: RootFolder;
    readonly cgroup: SandboxCgroup | null;
  }): Promise<Launched> {
    const { request, ground, root, cgroup } = parts;
    const workspaceMiB = request.limits.workspaceMiB;
    try {
      return launch({
        snapshotPath: request.snapshot.path,
        user: this.snapshotOwner,
        cgroupJoins: cgroup?.joins ?? [],
        workspaceMiB,
        bwrapArguments: bwrapArguments({ root, support: ground.support, workspaceMiB }),
        enterScript: ground.enterScript,
        environment,
      });
    } catch (error) {
      await cgroup?.remove();
      throw error;
    }
  }

  #prepared(): Promise<Ground> {
    this.#ground ??= this.#prepare().catch((error: unknown) => {
      this.#ground = null;
      throw error;
    });
    return this.#ground;
  }

  async #prepare(): Promise<Ground> {
    if (this.snapshotOwner !== null) await makeReachable(this.cacheRoot);
    const [support, cgroups, host] = await Promise.all([writeSupportFiles(this.cacheRoot), findCgroups(), hostRoot()]);
    return { support, cgroups, host, enterScript: readScript("enter.sh"), exportScript: readScript("export.sh") };
  }

  async #root(request: OpenRequest, ground: Ground, signal: AbortSignal): Promise<Result<RootFolder, Failure>> {
    if (request.image === null) return { ok: true, value: ground.host };
    const folder = await findImage({ image: request.image, cacheRoot: this.cacheRoot, user: this.snapshotOwner, environment }, signal);
    return folder.ok ? { ok: true, value: await imageRoot(folder.value) } : folder;
  }
}

/** Settles when every process of the sandbox has let go of its output, or soon where one cannot. */
async function closeSandbox(launched: Launched, cgroup: SandboxCgroup | null): Promise<void> {
  const silent = new Promise<void>((resolve) => launched.output.once("close", resolve));
  killGroup(launched.child);
  await launched.exited;
  launched.output.resume();
  await within(silent, goneMs);
  launched.output.destroy();
  await cgroup?.remove();
}

/** The first process and those it was about to become: one that is just being born would outlive its parent. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}

/** What the operating system said when a process could not be started. */
function startProblem(error: unknown): Result<never, Failure> {
  if (!(error instanceof Error) || !("code" in error)) throw error;
  const few = error.code === "EMFILE" || error.code === "ENFILE";
  const mend = few ? "; raise the limit (ulimit -n 65536)" : "";
  return notOpened(`A sandbox could not be started: ${error.message}${mend}.`, { wholeRun: few, retryable: !few });
}
