import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";
import { z } from "zod";
import { sha256Hex } from "../../base/hash.ts";
import type { SnapshotFolder } from "../sandbox.ts";
import { containerExit, createContainer, removeContainer, startContainer } from "./container.ts";
import { preparingSettings, type EngineLimits } from "./container-settings.ts";
import type { Engine } from "./engine.ts";
import { EngineProblem } from "./engine-problem.ts";
import type { ImageDisk } from "./image-disk.ts";
import { tarOfFolder } from "./folder-tar.ts";
import { insideId, labelNames, ownContainerLabels } from "./names.ts";
import { SingleFlight } from "../single-flight.ts";

/** An image with a snapshot in its /testbed. */
export interface SnapshotImage {
  readonly id: string;
  /** Of the snapshot, as a tar. */
  readonly bytes: number;
  /** What set-up commands made in the workspace; bytes as latin1. */
  readonly setupNames: ReadonlySet<string>;
}

const noNames: ReadonlySet<string> = new Set();

const Listed = z.array(z.looseObject({ Id: z.string(), Labels: z.record(z.string(), z.string()).nullish() }));
const Committed = z.looseObject({ Id: z.string() });

/** Changes with what is made of a snapshot. */
const recipe = 2;
const prepareMs = 15 * 60_000;

/** Puts each snapshot into each image once, so that containers share its files copy-on-write. */
export class SnapshotImages {
  readonly #engine: Engine;
  readonly #disk: ImageDisk;
  readonly #enforced: EngineLimits;
  readonly #flights = new SingleFlight<SnapshotImage>();
  readonly #known = new Map<string, SnapshotImage>();

  constructor(parts: { readonly engine: Engine; readonly disk: ImageDisk; readonly enforced: EngineLimits }) {
    this.#engine = parts.engine;
    this.#disk = parts.disk;
    this.#enforced = parts.enforced;
  }

  /** Throws an EngineProblem, or what the signal was stopped with. */
  async prepared(baseImage: string, snapshot: SnapshotFolder, signal: AbortSignal): Promise<SnapshotImage> {
    const what = `${recipe}\n${baseImage}\n${snapshot.id}`;
    const known = this.#known.get(what);
    if (known !== undefined) return known;
    const key = sha256Hex(what).slice(0, 32);
    const image = await this.#flights.run(key, (until) => this.#prepare({ key, baseImage, snapshot }, until), signal);
    this.#known.set(what, image);
    await this.#disk.used(image.id);
    return image;
  }

  /** Its images are gone after all. */
  forget(snapshot: SnapshotFolder): void {
    for (const key of this.#known.keys()) if (key.endsWith(`\n${snapshot.id}`)) this.#known.delete(key);
  }

  async #prepare(order: PrepareOrder, until: AbortSignal): Promise<SnapshotImage> {
    const signal = AbortSignal.any([until, AbortSignal.timeout(prepareMs)]);
    const found = await this.#find(order.key, signal);
    if (found !== null) return found;
    const settings = preparingSettings({ image: order.baseImage, labels: await ownContainerLabels(), enforced: this.#enforced });
    const container = await createContainer(this.#engine, settings, signal);
    try {
      await this.#emptyWorkspace(container, signal);
      await this.#put(container, { into: "/", body: workspaceFolder() }, signal);
      const counted = new CountedBytes();
      pipeline(tarOfFolder({ folder: order.snapshot.path }, signal), counted).catch(() => null);
      await this.#put(container, { into: "/testbed", body: counted }, signal);
      const image = await this.#commit({ container, key: order.key, bytes: counted.bytes }, signal);
      await this.#disk.used(image.id);
      await this.#disk.trim(image.id);
      return image;
    } finally {
      await removeContainer(this.#engine, container);
    }
  }

  async #find(key: string, signal: AbortSignal): Promise<SnapshotImage | null> {
    const filters = JSON.stringify({ label: [`${labelNames.snapshot}=${key}`] });
    const listed = Listed.parse(await this.#engine.json({ method: "GET", path: "/images/json", query: { filters } }, signal));
    const [image] = listed;
    return image === undefined ? null : { id: image.Id, bytes: Number(image.Labels?.[labelNames.bytes] ?? 0), setupNames: noNames };
  }

  /** What an image has at our workspace's place is not the snapshot's. */
  async #emptyWorkspace(container: string, signal: AbortSignal): Promise<void> {
    const call = { method: "HEAD", path: `/containers/${container}/archive`, query: { path: "/testbed" } } as const;
    const there = await this.#engine.ask(call, signal).then(
      (answer) => answer.resume() !== null,
      (error: unknown) => {
        if (error instanceof EngineProblem && error.status === 404) return false;
        throw error;
      },
    );
    if (!there) return;
    await startContainer(this.#engine, container, signal);
    const code = await containerExit(this.#engine, container, signal);
    if (code !== 0) throw new EngineProblem("the image has a /testbed of its own, and no rm to remove it", { status: 500 });
  }

  async #put(container: string, tar: { readonly into: string; readonly body: Readable }, signal: AbortSignal): Promise<void> {
    const call = { method: "PUT", path: `/containers/${container}/archive`, query: { path: tar.into }, body: tar.body } as const;
    await this.#engine.json(call, signal);
  }

  async #commit(parts: { readonly container: string; readonly key: string; readonly bytes: number }, signal: AbortSignal) {
    const { container, key, bytes } = parts;
    const changes = [`LABEL ${labelNames.snapshot}=${key}`, `LABEL ${labelNames.bytes}=${bytes}`].join("\n");
    const query = { container, repo: "apprentice-snapshot", tag: key, pause: "false", changes };
    const answer = await this.#engine.json({ method: "POST", path: "/commit", query, body: {} }, signal);
    return { id: Committed.parse(answer).Id, bytes, setupNames: noNames };
  }
}

interface PrepareOrder {
  readonly key: string;
  readonly baseImage: string;
  readonly snapshot: SnapshotFolder;
}

class CountedBytes extends Transform {
  bytes = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.bytes += chunk.length;
    done(null, chunk);
  }
}

/** The folder itself, for the agent to own, and a /tmp whose mode what is mounted there will have. */
function workspaceFolder(): Readable {
  const tar = pack();
  tar.entry({ name: "tmp/", type: "directory", mode: 0o1777, uid: 0, gid: 0, mtime: new Date(0) });
  tar.entry({ name: "testbed/", type: "directory", mode: 0o755, uid: insideId, gid: insideId, mtime: new Date(0) });
  tar.finalize();
  return Readable.from(tar, { objectMode: false });
}
