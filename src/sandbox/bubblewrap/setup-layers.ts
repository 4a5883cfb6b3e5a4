import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { KeptFolders } from "../kept-folders.ts";
import { isAlive, ownLabel } from "../process-label.ts";
import { setupFailed } from "../run-setup.ts";
import { cancelled } from "../sandbox-failure.ts";
import { SingleFlight } from "../single-flight.ts";
import { sweepShadows } from "./shadow-folders.ts";
import { buildLayers, type LayerOrder } from "./build-layers.ts";
import { makeReachable } from "./support-files.ts";
import { runUnpacker, UnpackProblem } from "./unpack-layer.ts";

/** What set-up commands left, for sandboxes to lie over. */
export interface SetupLayers {
  readonly folder: string;
  /** In the workspace, each standing for all beneath it; bytes as latin1. */
  readonly names: ReadonlySet<string>;
}

/** Changes with what is made of the commands. */
const recipe = 1;
const defaultMostBytes = 20 * 1024 ** 3;
let counter = 0;

/**
 * Layers on this host's disk, by the hash of snapshot, image and commands. They appear whole or not at all. The least recently used go when all
 * together are over the cap, those that a living process has opened never.
 */
export class SetupStore {
  readonly #root: string;
  readonly #kept: KeptFolders;
  readonly #flights = new SingleFlight<Result<SetupLayers, Failure>>();

  constructor({ cacheRoot, mostBytes = defaultMostBytes }: { readonly cacheRoot: string; readonly mostBytes?: number }) {
    this.#root = join(cacheRoot, "setups");
    const isKey = (name: string): boolean => /^[0-9a-f]{32}$/.test(name);
    this.#kept = new KeptFolders({ root: this.#root, isKey, mostBytes, remove: removeFolder });
  }

  /** Finds them or makes them, once for all who ask at the same time. */
  async layers(order: LayerOrder, signal: AbortSignal): Promise<Result<SetupLayers, Failure>> {
    const key = await keyOf(order);
    try {
      return await this.#flights.run(key, (until) => this.#layers(order, key, until), signal);
    } catch (error) {
      if (signal.aborted) return cancelled();
      if (!(error instanceof UnpackProblem)) throw error;
      return setupFailed(`what set-up commands need or left could not be laid out: ${error.message}`);
    }
  }

  async #layers(order: LayerOrder, key: string, signal: AbortSignal): Promise<Result<SetupLayers, Failure>> {
    await makeReachable(this.#root);
    const place = join(this.#root, key);
    await this.#kept.mark(key);
    if (await exists(place)) return ok(await this.#used(key));
    const scratch = join(this.#root, `making-${await ownLabel()}.${counter++}`);
    await mkdir(scratch);
    await chmod(scratch, 0o711);
    try {
      const built = await buildLayers(order, scratch, signal);
      if (!built.ok) return built;
      await writeFile(join(scratch, "bytes"), String(await bytesOf(scratch, order, signal)));
      await rename(scratch, place).catch(async (error: unknown) => {
        if (!(await exists(place))) throw error;
      });
    } finally {
      await removeFolder(scratch);
    }
    return ok(await this.#used(key));
  }

  async #used(key: string): Promise<SetupLayers> {
    const folder = join(this.#root, key);
    await this.#kept.keep(key, async () => Number(await readFile(join(folder, "bytes"), "utf8")));
    const names = await readFile(join(folder, "names"), "latin1");
    return { folder, names: new Set(names.split("\n").slice(0, -1)) };
  }

  /** Removes what dead processes were making. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.#root).catch(() => [])) {
      const label = /^making-(.*?)\.(?:shadow\.)?\d+$/.exec(name)?.[1];
      if (label !== undefined && !(await isAlive(label))) await removeFolder(join(this.#root, name));
    }
    await sweepShadows(this.#root);
    await this.#kept.sweep();
  }
}

/** The host's programs are those of its release: after an upgrade set-up is done anew. */
async function keyOf({ snapshot, image, setup, user }: LayerOrder): Promise<string> {
  const base = image ?? (await readFile("/usr/lib/os-release", "utf8").catch(() => ""));
  const what = JSON.stringify([recipe, snapshot.id, snapshot.path, image === null, base, setup.commands, user]);
  return createHash("sha256").update(what).digest("hex").slice(0, 32);
}

async function bytesOf(folder: string, { user, environment }: LayerOrder, signal: AbortSignal): Promise<number> {
  const printed = await runUnpacker(
    { user, environment, signal },
    { program: "du", args: ["-s", "--block-size=1", ...["root", "usr", "workspace"].map((name) => join(folder, name))], input: null },
  );
  return printed
    .toString("utf8")
    .trim()
    .split("\n")
    .reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
}

async function exists(folder: string): Promise<boolean> {
  return (await stat(join(folder, "bytes")).catch(() => null)) !== null;
}

/** An overlay leaves a folder in it that even its owner may not enter. */
async function removeFolder(folder: string): Promise<void> {
  await chmodAll(folder);
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function chmodAll(folder: string): Promise<void> {
  if (process.getuid?.() === 0) return;
  const unpacker = { user: null, environment: process.env, signal: new AbortController().signal };
  await runUnpacker(unpacker, { program: "chmod", args: ["-R", "u+rwX", folder], input: null }).catch(() => null);
}
