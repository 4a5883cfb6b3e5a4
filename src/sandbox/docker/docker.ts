import { stat } from "node:fs/promises";
import { join } from "node:path";
import PQueue from "p-queue";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { defaultCacheRoot } from "../cache-root.ts";
import { leftoversIn, type Leftover } from "../leftover.ts";
import type { NetworkUser } from "../network-settings.ts";
import type { OpenRequest, Sandbox, SandboxBackend, SandboxCheck } from "../sandbox.ts";
import { cancelled, notOpened } from "../sandbox-failure.ts";
import { isDockerfile } from "../dockerfile.ts";
import { Engine } from "./engine.ts";
import { findEngine, type Environment } from "./engine-address.ts";
import { openingFailure, refused, unreachable } from "./engine-failure.ts";
import { readInfo } from "./engine-limits.ts";
import { EngineProblem } from "./engine-problem.ts";
import { goesAway } from "./goes-away.ts";
import { diskOf, groundOf, type Ground } from "./ground.ts";
import { ImageProblem } from "./image-problem.ts";
import { removeContainer } from "./container.ts";
import { deadContainers } from "./leftovers.ts";
import { openContainer } from "./open-container.ts";
import { probeDocker } from "./probe.ts";
import type { SnapshotImage } from "./snapshot-images.ts";
import { withoutVolumes } from "./without-volumes.ts";

export interface DockerOptions {
  /** Folder for snapshots, and for notes on which image was used when. */
  readonly cacheRoot?: string;
  /** Where `DOCKER_HOST` and its like are looked up; the process's own by default. */
  readonly environment?: Environment;
  /** Disk that images of ours may take in the engine; the least recently used go first. Default 20 GiB. */
  readonly imagesMiB?: number;
  /** Whose proxies and package indexes set-up commands see, and whose proxies a build sees; by default those of who runs this process. */
  readonly networkUser?: NetworkUser;
  /** Deadline of one pull. Default 30 minutes. */
  readonly pullMs?: number;
}

/** Starting one keeps the engine busy; more at once would only make each slower. */
const openAtOnce = 4;
const infoMs = 10_000;
const defaultBuildMs = 30 * 60_000;

/** Sandboxes in containers of an engine that speaks Docker's API (Docker, or podman), on images that hold the snapshot. */
export function createDocker(options: DockerOptions = {}): SandboxBackend {
  return new Docker(options);
}

class Docker implements SandboxBackend {
  readonly kind = "docker";
  readonly snapshotOwner = null;
  readonly cacheRoot: string;
  readonly #options: DockerOptions;
  readonly #queue = new PQueue({ concurrency: openAtOnce });
  #ground: Promise<Ground> | null = null;
  /** Images that a sandbox stood on: what fails there now is not theirs. */
  readonly #proven = new Set<string>();

  constructor(options: DockerOptions) {
    this.#options = options;
    // Apart from bubblewrap's, whose snapshots another account may own.
    this.cacheRoot = options.cacheRoot ?? join(defaultCacheRoot(), "docker");
  }

  async probe(): Promise<SandboxCheck[]> {
    return await probeDocker(findEngine(this.#environment));
  }

  async sweep(): Promise<void> {
    const address = findEngine(this.#environment);
    if (!address.ok) return;
    const engine = new Engine(address.value);
    for (const id of await deadContainers(engine)) await removeContainer(engine, id);
  }

  async leftovers(): Promise<Leftover[]> {
    const cached = await leftoversIn(join(this.cacheRoot, "snapshots"), "cache");
    const address = findEngine(this.#environment);
    if (!address.ok) return cached;
    const engine = new Engine(address.value);
    const dead = await deadContainers(engine);
    const info = await readInfo(engine, AbortSignal.timeout(infoMs)).catch(() => null);
    const disk = info === null ? null : diskOf(engine, info, { ...this.#options, cacheRoot: this.cacheRoot });
    return [
      ...dead.map((id): Leftover => ({
        kind: "sandbox",
        name: `container ${id.slice(0, 12)}`,
        bytes: 0,
        remove: () => removeContainer(engine, id),
      })),
      ...((await disk?.leftovers()) ?? []),
      ...cached,
    ];
  }

  async imageId(image: string | null, signal: AbortSignal): Promise<Result<string | null, Failure>> {
    if (image === null) return noImage();
    return await this.#guarded(image, signal, async ({ bases, builds }) =>
      isDockerfile(image) ? await builds.identity(image) : ok(await bases.identity(image, signal)),
    );
  }

  async open(request: OpenRequest, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
    if (signal.aborted) return cancelled();
    const { image } = request;
    if (image === null) return noImage();
    if ((await stat(request.snapshot.path).catch(() => null))?.isDirectory() !== true)
      return notOpened(`There is no snapshot at ${request.snapshot.path}.`, { retryable: false });
    const opened = this.#queue.add(() => this.#guarded(image, signal, (ground) => this.#open(ground, { ...request, image }, signal)));
    return await opened;
  }

  /** Once more where an image went away that was there a moment ago. */
  async #open(ground: Ground, request: OpenRequest & { image: string }, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
    const { engine, limits } = ground;
    for (let tries = 2; ; tries--) {
      try {
        const base = await this.#baseOf(ground, request, signal);
        if (!base.ok) return base;
        const image = await this.#imageOf(ground, { ...request, base: base.value }, signal);
        if (!image.ok) return image;
        const opened = await openContainer({ engine, enforced: limits, image: image.value, request }, signal);
        if (opened.ok) this.#proven.add(request.image);
        return opened;
      } catch (error) {
        if (!isMissing(error)) throw error;
        ground.snapshots.forget(request.snapshot);
        ground.bases.forget(request.image);
        ground.builds.forget(request.image);
        if (tries === 1) throw error;
      }
    }
  }

  async #baseOf(
    { engine, disk, bases, builds }: Ground,
    { image, snapshot, setup }: OpenRequest & { readonly image: string },
    signal: AbortSignal,
  ): Promise<Result<string, Failure>> {
    const timeoutMs = setup?.timeoutMs ?? defaultBuildMs;
    const found = isDockerfile(image)
      ? await builds.find({ path: image, snapshot, timeoutMs }, signal)
      : ok(await bases.find(image, signal));
    return found.ok ? ok(await withoutVolumes({ engine, disk, name: image }, found.value, signal)) : found;
  }

  async #imageOf(
    { snapshots, setups }: Ground,
    { base, snapshot, setup = null }: OpenRequest & { readonly base: string },
    signal: AbortSignal,
  ): Promise<Result<SnapshotImage, Failure>> {
    const image = await snapshots.prepared(base, snapshot, signal);
    if (!image.ok || setup === null || setup.commands.length === 0) return image;
    return await setups.prepared({ image: image.value, snapshot, setup }, signal);
  }

  /** What is thrown inside, as failures. */
  async #guarded<Value>(
    image: string,
    signal: AbortSignal,
    action: (ground: Ground) => Promise<Result<Value, Failure>>,
  ): Promise<Result<Value, Failure>> {
    if (signal.aborted) return cancelled();
    const address = findEngine(this.#environment);
    if (!address.ok)
      return refused("engine-unreachable", `${address.error} Start Docker or podman, or set DOCKER_HOST.`, { retryable: true });
    const engine = new Engine(address.value);
    try {
      return await action(await this.#prepared(engine));
    } catch (error) {
      if (signal.aborted) return cancelled();
      if (error instanceof ImageProblem) return refused(error.code, error.message, { retryable: error.retryable });
      if (!(error instanceof EngineProblem)) throw error;
      if (!(await engine.answers(signal))) return signal.aborted ? cancelled() : unreachable(engine.name, error);
      const isProven = this.#proven.has(image);
      if (isProven && (await goesAway(engine))) return unreachable(engine.name, error);
      return openingFailure(error, { image, isProven });
    }
  }

  #prepared(engine: Engine): Promise<Ground> {
    this.#ground ??= this.#prepare(engine).catch((error: unknown) => {
      this.#ground = null;
      throw error;
    });
    return this.#ground;
  }

  async #prepare(engine: Engine): Promise<Ground> {
    const info = await readInfo(engine, AbortSignal.timeout(infoMs));
    return groundOf(engine, info, { ...this.#options, cacheRoot: this.cacheRoot });
  }

  get #environment(): Environment {
    return this.#options.environment ?? process.env;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof EngineProblem && error.status === 404;
}

function noImage(): { readonly ok: false; readonly error: Failure } {
  const message =
    "The sandbox docker needs an image with the programs that commands shall find: --image NAME, --image FILE.tar, or --image Dockerfile.";
  return refused("image-not-named", message);
}
