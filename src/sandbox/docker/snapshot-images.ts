import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";
import { z } from "zod";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { sha256Hex } from "../../base/hash.ts";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { settingsFolder } from "../network-settings.ts";
import type { SnapshotFolder } from "../sandbox.ts";
import { SingleFlight } from "../single-flight.ts";
import { createContainer, removeContainer, writtenBytes } from "./container.ts";
import { fillingSettings, type EngineLimits } from "./container-settings.ts";
import type { Engine } from "./engine.ts";
import { EngineProblem } from "./engine-problem.ts";
import { tarOfFolder } from "./folder-tar.ts";
import type { ImageDisk } from "./image-disk.ts";
import { adoptWorkspace } from "./image-workspace.ts";
import { insideId, labelNames, ownContainerLabels } from "./names.ts";
import { superviseContainer, supervisorScript } from "./open-container.ts";
import { excludeNames, layOver } from "./put-in-order.ts";

/** An image with a snapshot in its /testbed. */
export interface SnapshotImage {
  readonly id: string;
  /** Of the snapshot, as a tar. */
  readonly bytes: number;
  /** What the image below has in the workspace, and set-up commands made there; bytes as latin1. */
  readonly setupNames: ReadonlySet<string>;
}

const noNames: ReadonlySet<string> = new Set();

const Listed = z.array(z.looseObject({ Id: z.string(), Labels: z.record(z.string(), z.string()).nullish() }));
const Committed = z.looseObject({ Id: z.string() });

/** Changes with what is made of a snapshot. */
const recipe = 3;
const prepareMs = 15 * 60_000;

export interface SnapshotImagesParts {
  readonly engine: Engine;
  readonly disk: ImageDisk;
  readonly enforced: EngineLimits;
  /** Folder of ours for this engine: what images had in the workspace besides the snapshot, a file an image. */
  readonly folder: string;
}

/** Puts each snapshot into each image once, so that containers share its files copy-on-write. */
export class SnapshotImages {
  readonly #parts: SnapshotImagesParts;
  readonly #flights = new SingleFlight<Result<SnapshotImage, Failure>>();
  readonly #known = new Map<string, SnapshotImage>();

  constructor(parts: SnapshotImagesParts) {
    this.#parts = parts;
  }

  /** Throws an EngineProblem, or what the signal was stopped with. */
  async prepared(baseImage: string, snapshot: SnapshotFolder, signal: AbortSignal): Promise<Result<SnapshotImage, Failure>> {
    const what = `${recipe}\n${baseImage}\n${snapshot.id}`;
    const known = this.#known.get(what);
    if (known !== undefined) return ok(known);
    const key = sha256Hex(what).slice(0, 32);
    const image = await this.#flights.run(key, (until) => this.#prepare({ key, baseImage, snapshot }, until), signal);
    if (!image.ok) return image;
    this.#known.set(what, image.value);
    await this.#parts.disk.used(image.value.id);
    return image;
  }

  /** Its images are gone after all. */
  forget(snapshot: SnapshotFolder): void {
    for (const key of this.#known.keys()) if (key.endsWith(`\n${snapshot.id}`)) this.#known.delete(key);
  }

  async #prepare(order: PrepareOrder, until: AbortSignal): Promise<Result<SnapshotImage, Failure>> {
    const signal = AbortSignal.any([until, AbortSignal.timeout(prepareMs)]);
    const found = await this.#find(order.key, signal);
    if (found !== null) return ok(found);
    const { engine, enforced, disk } = this.#parts;
    const request = { image: order.baseImage, labels: await ownContainerLabels(), enforced, script: supervisorScript() };
    const container = await createContainer(engine, fillingSettings(request, settingsFolder), signal);
    await using closing = new AsyncDisposableStack();
    closing.defer(() => removeContainer(engine, container));
    const names = (await this.#hasWorkspace(container, signal)) ? await this.#adopted({ container, order, closing }, signal) : ok([]);
    if (!names.ok) return names;
    const filled = { engine, container };
    await layOver(filled, { into: "/", body: workspaceFolder() }, signal);
    const counted = new CountedBytes();
    pipeline(tarOfFolder({ folder: order.snapshot.path }, signal), counted).catch(() => null);
    await layOver(filled, { into: "/testbed", body: counted }, signal);
    if (names.value.length > 0) await excludeNames({ ...filled, snapshotPath: order.snapshot.path, names: names.value }, signal);
    const image = await this.#commit({ container, key: order.key, bytes: counted.bytes, names: names.value }, signal);
    await disk.used(image.id);
    await disk.trim(image.id);
    return ok(image);
  }

  async #find(key: string, signal: AbortSignal): Promise<SnapshotImage | null> {
    const { engine, folder } = this.#parts;
    const filters = JSON.stringify({ label: [`${labelNames.snapshot}=${key}`] });
    const [image] = Listed.parse(await engine.json({ method: "GET", path: "/images/json", query: { filters } }, signal));
    if (image === undefined) return null;
    const bytes = Number(image.Labels?.[labelNames.bytes] ?? 0);
    if (Number(image.Labels?.[labelNames.names] ?? 0) === 0) return { id: image.Id, bytes, setupNames: noNames };
    const text = await readFile(join(folder, key), "latin1").catch(() => null);
    return text === null ? null : { id: image.Id, bytes, setupNames: new Set(text.split("\n").slice(0, -1)) };
  }

  async #hasWorkspace(container: string, signal: AbortSignal): Promise<boolean> {
    const call = { method: "HEAD", path: `/containers/${container}/archive`, query: { path: "/testbed" } } as const;
    return await this.#parts.engine.ask(call, signal).then(
      (answer) => answer.resume() !== null,
      (error: unknown) => {
        if (error instanceof EngineProblem && error.status === 404) return false;
        throw error;
      },
    );
  }

  /** The container goes on until it is closed: nothing runs in it but what we told it. */
  async #adopted(
    { container, order, closing }: { readonly container: string; readonly order: PrepareOrder; readonly closing: AsyncDisposableStack },
    signal: AbortSignal,
  ): Promise<Result<readonly string[], Failure>> {
    const { engine } = this.#parts;
    const exportWorkspace = (): Promise<never> => Promise.reject(new Error("a container that is filled is not exported"));
    const close = (): Promise<void> => removeContainer(engine, container);
    const opened = await superviseContainer({ engine, container, openedAtMs: Date.now(), close, exportWorkspace }, signal);
    if (!opened.ok) return opened;
    closing.use(opened.value);
    return await adoptWorkspace(opened.value, order.snapshot.path, signal);
  }

  async #commit(
    parts: { readonly container: string; readonly key: string; readonly bytes: number; readonly names: readonly string[] },
    signal: AbortSignal,
  ): Promise<SnapshotImage> {
    const { engine, folder } = this.#parts;
    const { container, key, names } = parts;
    const bytes = names.length === 0 ? parts.bytes : Math.max(parts.bytes, await writtenBytes({ engine, container }, signal));
    const labels = { [labelNames.snapshot]: key, [labelNames.bytes]: bytes, [labelNames.names]: names.length };
    const changes = Object.entries(labels).map(([name, value]) => `LABEL ${name}=${value}`);
    if (names.length > 0) await writeFileAtomic(join(folder, key), Buffer.from(names.map((name) => `${name}\n`).join(""), "latin1"));
    const query = { container, repo: "apprentice-snapshot", tag: key, pause: "false", changes: changes.join("\n") };
    const answer = await engine.json({ method: "POST", path: "/commit", query, body: {} }, signal);
    return { id: Committed.parse(answer).Id, bytes, setupNames: names.length === 0 ? noNames : new Set(names) };
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
