import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import PQueue from "p-queue";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { defaultCacheRoot } from "../cache-root.ts";
import { leftoversIn, type Leftover } from "../leftover.ts";
import type { NetworkUser } from "../network-settings.ts";
import { mostOpenFiles } from "../open-files.ts";
import type { OpenRequest, Sandbox, SandboxBackend } from "../sandbox.ts";
import { cancelled, notOpened } from "../sandbox-failure.ts";
import { SupervisedSandbox } from "../supervised-sandbox.ts";
import { bwrapArguments, type RootFolder } from "./bwrap-arguments.ts";
import { deadCgroups, makeCgroup, removeCgroup, sweepCgroups, type SandboxCgroup } from "./cgroups.ts";
import { layGround, type Ground } from "./ground.ts";
import { findImage, imageIdentity } from "./image-store.ts";
import { closeSandbox, launch, type Launched } from "./launch.ts";
import { exportOverlay } from "./overlay-export.ts";
import { probeBubblewrap } from "./probe.ts";
import { imageRoot } from "./root-folder.ts";
import { SetupStore, type SetupLayers } from "./setup-layers.ts";
import { serviceUser } from "./service-user.ts";

export interface BubblewrapOptions {
  /** Folder for snapshots, images and the files that sandboxes share; its parents must let any account pass when we are root. */
  readonly cacheRoot?: string;
  /** Whose proxies and package indexes set-up commands see; by default those of who runs this process. */
  readonly networkUser?: NetworkUser;
  /** Disk that what set-up commands made may take; the least recently used goes first. Default 20 GiB. */
  readonly setupsMiB?: number;
}

/** Time for a sandbox to stand, once its turn has come. */
const openMs = 60_000;
/** Starting one keeps our own thread and two cores busy; more at once would only make each slower. */
const openAtOnce = 4;
/** Files that we have open for one sandbox. */
const filesEach = 3;
const filesBeside = 100;

/** The launcher's environment: nothing of ours reaches a sandbox, not even through /proc. */
const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

/**
 * Sandboxes without a daemon: a private user and mount namespace with an overlay on a sized tmpfs, and bubblewrap in it. Nothing is
 * mounted where others see it, so whatever way this process ends, nothing of a sandbox stays but an empty cgroup.
 */
export function createBubblewrap(options: BubblewrapOptions = {}): SandboxBackend {
  return new Bubblewrap(options);
}

interface Place {
  release(): void;
}

/** What lies below a sandbox's own layer. */
interface Base {
  readonly root: RootFolder;
  /** Its root folder; null: the host's programs. */
  readonly image: string | null;
  readonly layers: SetupLayers | null;
}

interface Opening {
  readonly request: OpenRequest;
  readonly place: Place;
  readonly ground: Ground;
  readonly base: Base;
}

class Bubblewrap implements SandboxBackend {
  readonly kind = "bubblewrap";
  readonly snapshotOwner = serviceUser();
  readonly cacheRoot: string;
  readonly #networkUser: NetworkUser;
  readonly #setups: SetupStore;
  readonly #queue = new PQueue({ concurrency: openAtOnce });
  #ground: Promise<Ground> | null = null;
  #open = 0;

  constructor({ cacheRoot = defaultCacheRoot(), networkUser, setupsMiB }: BubblewrapOptions) {
    this.cacheRoot = cacheRoot;
    this.#networkUser = networkUser ?? { environment: process.env, home: homedir() };
    this.#setups = new SetupStore({ cacheRoot, ...(setupsMiB === undefined ? {} : { mostBytes: setupsMiB * 1024 ** 2 }) });
  }

  async probe(): ReturnType<SandboxBackend["probe"]> {
    return await probeBubblewrap(this);
  }

  async sweep(): Promise<void> {
    if (this.snapshotOwner !== null) await sweepCgroups();
    await this.#setups.sweep();
  }

  async leftovers(): Promise<Leftover[]> {
    const dead = this.snapshotOwner === null ? [] : await deadCgroups();
    return [
      ...dead.map((name): Leftover => ({ kind: "sandbox", name, bytes: 0, remove: () => removeCgroup(name) })),
      ...(await leftoversIn(join(this.cacheRoot, "images"), "image")),
      ...(await leftoversIn(join(this.cacheRoot, "setups"), "image")),
      ...(await leftoversIn(join(this.cacheRoot, "snapshots"), "cache")),
    ];
  }

  async imageId(image: string | null, signal: AbortSignal): Promise<Result<string | null, Failure>> {
    return image === null ? ok(null) : await imageIdentity(image, signal);
  }

  async open(request: OpenRequest, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
    if (signal.aborted) return cancelled();
    const most = mostOpenFiles();
    if (most !== null && (this.#open + 1) * filesEach + filesBeside > most) {
      const message = `${this.#open} sandboxes are open and this process may have ${most} files open: raise the limit (ulimit -n 65536) or lower the concurrency.`;
      return notOpened(message, { code: "too-many-open-files", wholeRun: true, retryable: false });
    }
    const place = this.#takePlace();
    const opened = await this.#openInTurn(request, place, signal).catch((error: unknown) => startProblem(error));
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

  /** What must be made first (an image's folder, what set-up leaves) holds up nobody who waits for another. */
  async #openInTurn(request: OpenRequest, place: Place, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
    const found = await stat(request.snapshot.path).catch(() => null);
    if (found?.isDirectory() !== true) return notOpened(`There is no snapshot at ${request.snapshot.path}.`, { retryable: false });
    const ground = await this.#prepared();
    const base = await this.#base(request, ground, signal);
    if (!base.ok) return base;
    return await this.#queue.add(() => this.#openNow({ request, place, ground, base: base.value }, signal));
  }

  async #openNow({ request, place, ground, base }: Opening, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
    if (signal.aborted) return cancelled();
    const cgroup = ground.cgroups === null ? null : await makeCgroup(ground.cgroups, request.limits);
    const launched = await this.#launch({ request, ground, base, cgroup });
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
            setupNames: base.layers?.names ?? new Set(),
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
    readonly base: Base;
    readonly cgroup: SandboxCgroup | null;
  }): Promise<Launched> {
    const { request, ground, base, cgroup } = parts;
    const workspaceMiB = request.limits.workspaceMiB;
    const { root, image, layers } = base;
    const size = String(workspaceMiB);
    try {
      return launch({
        snapshotPath: request.snapshot.path,
        user: this.snapshotOwner,
        cgroupJoins: cgroup?.joins ?? [],
        enterArguments: layers === null ? [size] : [size, layers.folder, image ?? "", "", ""],
        bwrapArguments: bwrapArguments({ root, support: ground.support, workspaceMiB, layered: layers !== null }),
        enterScript: layers === null ? ground.enterScript : ground.enterLayersScript,
        environment,
      });
    } catch (error) {
      await cgroup?.remove();
      throw error;
    }
  }

  #prepared(): Promise<Ground> {
    this.#ground ??= layGround(this.cacheRoot, this.snapshotOwner).catch((error: unknown) => {
      this.#ground = null;
      throw error;
    });
    return this.#ground;
  }

  async #base(request: OpenRequest, ground: Ground, signal: AbortSignal): Promise<Result<Base, Failure>> {
    const { snapshot, setup = null } = request;
    const found = await this.#root(request, ground, signal);
    if (!found.ok || setup === null || setup.commands.length === 0) return found;
    const { support, cgroups, enterLayersScript: enterScript } = ground;
    const order = { ...found.value, snapshot, setup, support, cgroups, enterScript, networkUser: this.#networkUser };
    const layers = await this.#setups.layers({ ...order, user: this.snapshotOwner, environment }, signal);
    return layers.ok ? ok({ ...found.value, layers: layers.value }) : layers;
  }

  async #root(request: OpenRequest, ground: Ground, signal: AbortSignal): Promise<Result<Base, Failure>> {
    if (request.image === null) return ok({ root: ground.host, image: null, layers: null });
    const folder = await findImage({ image: request.image, cacheRoot: this.cacheRoot, user: this.snapshotOwner, environment }, signal);
    return folder.ok ? ok({ root: await imageRoot(folder.value), image: folder.value, layers: null }) : folder;
  }
}

/** What the operating system said when a process could not be started. */
function startProblem(error: unknown): Result<never, Failure> {
  if (!(error instanceof Error) || !("code" in error)) throw error;
  const few = error.code === "EMFILE" || error.code === "ENFILE";
  const mend = few ? "; raise the limit (ulimit -n 65536)" : "";
  return notOpened(`A sandbox could not be started: ${error.message}${mend}.`, { wholeRun: few, retryable: !few });
}
