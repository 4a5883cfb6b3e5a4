import { rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../base/atomic-file.ts";
import { z } from "zod";
import type { Engine } from "./engine.ts";
import type { Leftover } from "../leftover.ts";
import { labelNames } from "./names.ts";

const Listed = z.array(
  z.looseObject({
    Id: z.string(),
    ParentId: z.string().nullish(),
    Created: z.number(),
    Size: z.number(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);
type Listed = z.infer<typeof Listed>[number];

const callMs = 60_000;

/**
 * Keeps what we put into an engine under a cap: images of snapshots, made of tars, built, and pulled by us. The least recently used go
 * first; what a container uses, the engine refuses to remove; images that we did not bring are never touched.
 */
export class ImageDisk {
  readonly #engine: Engine;
  readonly #folder: string;
  readonly #mostBytes: number;

  /** `folder`: of empty files for this engine, one an image, whose times say when each was used last and that it is ours. */
  constructor(parts: { readonly engine: Engine; readonly folder: string; readonly mostBytes: number }) {
    this.#engine = parts.engine;
    this.#folder = parts.folder;
    this.#mostBytes = parts.mostBytes;
  }

  /** An image of ours was used now. */
  async used(id: string): Promise<void> {
    await makeFolder(this.#folder);
    await writeFile(this.#fileOf(id), "", { flag: "a" });
    const now = new Date();
    await utimes(this.#fileOf(id), now, now);
  }

  /** An image that was ours to keep, if it is. */
  async usedIfOurs(id: string): Promise<void> {
    if ((await this.#usedAtMs(id)) !== null) await this.used(id);
  }

  /** Removes the least recently used until the rest is under the cap; `keep` is about to be used. Never throws. */
  async trim(keep: string): Promise<void> {
    const signal = AbortSignal.timeout(callMs);
    const ours = await this.#ours(signal).catch(() => []);
    let bytes = ours.reduce((sum, image) => sum + image.bytes, 0);
    for (const image of ours) {
      if (bytes <= this.#mostBytes) return;
      if (image.id !== keep && (await this.#remove(image.id, signal))) bytes -= image.bytes;
    }
  }

  /** Every image that is ours, to be removed by whoever wants the space. Never throws. */
  async leftovers(): Promise<Leftover[]> {
    const ours = await this.#ours(AbortSignal.timeout(callMs)).catch(() => []);
    // What stands on another image goes before it.
    return ours.toReversed().map(({ id, bytes }) => {
      const remove = async (): Promise<void> => {
        if (!(await this.#remove(id, AbortSignal.timeout(callMs)))) throw new Error("a container uses it, or another image stands on it");
      };
      return { kind: "image", name: `image ${id.replace("sha256:", "").slice(0, 12)}`, bytes, remove };
    });
  }

  /** What a container uses, or another image stands on, the engine keeps: false. */
  async #remove(id: string, signal: AbortSignal): Promise<boolean> {
    const removed = await this.#engine.json({ method: "DELETE", path: `/images/${id}` }, signal).then(
      () => true,
      () => false,
    );
    if (removed) await rm(this.#fileOf(id), { force: true });
    return removed;
  }

  /** The longest unused first. */
  async #ours(signal: AbortSignal): Promise<{ readonly id: string; readonly bytes: number; readonly usedAtMs: number }[]> {
    const listed = Listed.parse(await this.#engine.json({ method: "GET", path: "/images/json" }, signal));
    const images: { id: string; bytes: number; usedAtMs: number }[] = [];
    for (const image of listed) {
      const usedAtMs = await this.#usedAtMs(image.Id);
      const labelled = image.Labels?.[labelNames.bytes] ?? image.Labels?.[labelNames.build];
      if (usedAtMs === null && labelled === undefined) continue;
      images.push({ id: image.Id, bytes: bytesOf(image), usedAtMs: usedAtMs ?? image.Created * 1000 });
    }
    return images.sort((a, b) => a.usedAtMs - b.usedAtMs);
  }

  async #usedAtMs(id: string): Promise<number | null> {
    return (await stat(this.#fileOf(id)).catch(() => null))?.mtimeMs ?? null;
  }

  #fileOf(id: string): string {
    return join(this.#folder, id.replace(/[^0-9a-z]/gi, "-"));
  }
}

/** A snapshot's image counts only what it adds to the one below. */
function bytesOf(image: Listed): number {
  return Number(image.Labels?.[labelNames.bytes] ?? image.Size);
}
