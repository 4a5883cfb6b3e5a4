import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { makeFolder, writeFileAtomic } from "../../base/atomic-file.ts";
import { sha256Hex } from "../../base/hash.ts";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { readNetworkSettings, settingsFolder, type NetworkUser } from "../network-settings.ts";
import { runSetup, setupFailed } from "../run-setup.ts";
import type { Sandbox, Setup, SnapshotFolder } from "../sandbox.ts";
import { cancelled } from "../sandbox-failure.ts";
import { isOfSetup } from "../setup-names.ts";
import { SingleFlight } from "../single-flight.ts";
import { createContainer, removeContainer, writtenBytes } from "./container.ts";
import { setupSettings, type EngineLimits } from "./container-settings.ts";
import type { Engine } from "./engine.ts";
import { tarOfFolder } from "./folder-tar.ts";
import type { ImageDisk } from "./image-disk.ts";
import { inspectImage } from "./inspect-image.ts";
import { labelNames, ownContainerLabels } from "./names.ts";
import { excludeNames, layOver, orderWorkspace } from "./put-in-order.ts";
import { superviseContainer, supervisorScript } from "./open-container.ts";
import type { SnapshotImage } from "./snapshot-images.ts";
import { EngineChanges } from "./workspace-changes.ts";

export interface SetupImagesParts {
  readonly engine: Engine;
  readonly disk: ImageDisk;
  readonly enforced: EngineLimits;
  readonly networkUser: NetworkUser;
  /** Folder of ours for this engine: what set-up made in the workspace, a file an image. */
  readonly folder: string;
}

interface SetupOrder {
  readonly key: string;
  readonly image: SnapshotImage;
  readonly snapshot: SnapshotFolder;
  readonly setup: Setup;
}

/** What set-up did in the workspace: what is new, and what of the snapshot must be put back. */
interface Traces {
  readonly made: readonly string[];
  readonly touched: readonly string[];
  /** New, under names that no list of lines can hold: it goes. */
  readonly unnamed: readonly string[];
  /** New among what the image below added. */
  readonly given: readonly string[];
}

const recipe = 2;
const workspace = "/testbed/";
/** Among the engine's kinds of change. */
const added = 1;
const Committed = z.looseObject({ Id: z.string() });

/** Runs set-up commands once for each image of a snapshot, and commits what they made as the image that its sandboxes open. */
export class SetupImages {
  readonly #parts: SetupImagesParts;
  readonly #flights = new SingleFlight<Result<SnapshotImage, Failure>>();

  constructor(parts: SetupImagesParts) {
    this.#parts = parts;
  }

  /** Throws an EngineProblem, or what the signal was stopped with. */
  async prepared(order: Omit<SetupOrder, "key">, signal: AbortSignal): Promise<Result<SnapshotImage, Failure>> {
    const key = sha256Hex(JSON.stringify([recipe, order.image.id, order.setup.commands])).slice(0, 32);
    const image = await this.#flights.run(key, (until) => this.#find({ ...order, key }, until), signal);
    if (image.ok) await this.#parts.disk.used(image.value.id);
    return image;
  }

  async #find(order: SetupOrder, signal: AbortSignal): Promise<Result<SnapshotImage, Failure>> {
    const names = await readFile(join(this.#parts.folder, order.key), "latin1").catch(() => null);
    const id = names === null ? null : await inspectImage(this.#parts.engine, `apprentice-setup:${order.key}`, signal);
    return names === null || id === null ? await this.#make(order, signal) : ok(imageOf(order, id, names));
  }

  async #make(order: SetupOrder, signal: AbortSignal): Promise<Result<SnapshotImage, Failure>> {
    const { engine, enforced, networkUser, disk, folder } = this.#parts;
    const settings = await readNetworkSettings(networkUser);
    const labels = await ownContainerLabels();
    const wanted = setupSettings({ image: order.image.id, labels, enforced, script: supervisorScript() }, settingsFolder);
    const openedAtMs = Date.now();
    const container = await createContainer(engine, wanted, signal);
    const close = (): Promise<void> => removeContainer(engine, container);
    const exportWorkspace = (): Promise<never> => Promise.reject(new Error("a build sandbox is not exported"));
    const opened = await superviseContainer({ engine, container, openedAtMs, close, exportWorkspace }, signal);
    if (!opened.ok) return opened;
    await using sandbox = opened.value;
    for (const [name, content] of settings.files) {
      const written = await sandbox.writeFile(`${settingsFolder}/${name}`, content, signal);
      if (!written.ok) return written;
    }
    const done = await runSetup({ sandbox, setup: order.setup, settings }, signal);
    if (!done.ok) return done;
    const made = await this.#settle({ container, sandbox, order }, signal);
    if (!made.ok) return made;
    const names = made.value.map((name) => `${name}\n`).join("");
    const id = await this.#commit(container, order, signal);
    await makeFolder(folder);
    await writeFileAtomic(join(folder, order.key), Buffer.from(names, "latin1"));
    await disk.used(id);
    await disk.trim(id);
    return ok(imageOf(order, id, names));
  }

  /** Puts the snapshot's own files back, and gives the agent what is new. Nothing of set-up runs any more then. */
  async #settle(
    parts: { readonly container: string; readonly sandbox: Sandbox; readonly order: SetupOrder },
    signal: AbortSignal,
  ): Promise<Result<readonly string[], Failure>> {
    const { container, sandbox, order } = parts;
    const { engine } = this.#parts;
    const answer = await engine.json({ method: "GET", path: `/containers/${container}/changes` }, signal);
    const before = { snapshotPath: order.snapshot.path, names: order.image.setupNames };
    const { made, touched, unnamed, given } = await tracesOf(EngineChanges.parse(answer), before);
    const back = [".git", ...touched];
    const last = ["rm -rf /tmp/* /tmp/.[!.]*"];
    const words = await orderWorkspace(sandbox, { gone: [...back, ...unnamed], given: [...made, ...given], last }, signal);
    if (!words.ok) return words;
    if (words.value !== null) return setupFailed(`what set-up commands left could not be put in order: ${words.value}`);
    const files = tarOfFolder({ folder: order.snapshot.path, names: back.map((path) => `./${path}`) }, signal);
    await layOver({ engine, container }, { into: workspace, body: files }, signal);
    const names = [...order.image.setupNames, ...made];
    await excludeNames({ engine, container, snapshotPath: order.snapshot.path, names }, signal);
    return signal.aborted ? cancelled() : ok(names);
  }

  async #commit(container: string, order: SetupOrder, signal: AbortSignal): Promise<string> {
    const { engine } = this.#parts;
    const bytes = await writtenBytes({ engine, container }, signal);
    // The label of the image below would make this one pass for it.
    const changes = [`LABEL ${labelNames.snapshot}=setup-${order.key}`, `LABEL ${labelNames.bytes}=${bytes}`].join("\n");
    const query = { container, repo: "apprentice-setup", tag: order.key, pause: "false", changes };
    return Committed.parse(await engine.json({ method: "POST", path: "/commit", query, body: {} }, signal)).Id;
  }
}

function imageOf({ image }: SetupOrder, id: string, names: string): SnapshotImage {
  return { id, bytes: image.bytes, setupNames: new Set(names.split("\n").slice(0, -1)) };
}

/** Paths come out as latin1. `names`: what the image below added to the snapshot, the agent's already. */
async function tracesOf(
  changes: z.infer<typeof EngineChanges>,
  { snapshotPath, names }: { readonly snapshotPath: string; readonly names: ReadonlySet<string> },
): Promise<Traces> {
  const made = new Set<string>();
  const touched = new Set<string>();
  const unnamed: string[] = [];
  const given: string[] = [];
  const sorted = (changes ?? []).filter(({ Path }) => Path.startsWith(workspace)).sort((a, b) => (a.Path < b.Path ? -1 : 1));
  for (const { Path, Kind } of sorted) {
    const path = Buffer.from(Path.slice(workspace.length)).toString("latin1");
    const parts = path.split("/");
    const above = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"));
    if (parts[0] === ".git" || above.some((folder) => made.has(folder) || touched.has(folder))) continue;
    const before = await lstat(join(snapshotPath, Path.slice(workspace.length))).catch(() => null);
    if (before !== null && (!before.isDirectory() || Kind !== 0)) touched.add(path);
    if (before !== null) continue;
    if (path.includes("\n")) unnamed.push(path);
    else if (!isOfSetup(path, names)) made.add(path);
    else if (Kind === added) given.push(path);
  }
  return { made: [...made], touched: [...touched], unnamed, given };
}
