import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { z } from "zod";
import { sha256Hex } from "../../base/hash.ts";
import type { Engine } from "./engine.ts";
import { EngineProblem } from "./engine-problem.ts";
import type { ImageDisk } from "./image-disk.ts";
import { ImageProblem } from "./image-problem.ts";
import { inspectImage } from "./inspect-image.ts";
import { labelNames } from "./names.ts";
import { lastWords } from "./progress-words.ts";

const Inspected = z.looseObject({
  Architecture: z.string(),
  Os: z.string(),
  Created: z.string().nullish(),
  Config: z.looseObject({
    Volumes: z.record(z.string(), z.unknown()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  RootFS: z.looseObject({ Layers: z.array(z.string()).nullish() }),
});
type Inspected = z.infer<typeof Inspected>;

const repository = "apprentice-plain";

/**
 * An image of the same layers without VOLUME: what a container has in a volume is in no commit, and bounded by nothing. Where the engine
 * cannot make it, an image is refused whose volumes would hide the workspace or /tmp, else given as it is. Throws an ImageProblem or EngineProblem.
 */
export async function withoutVolumes(
  of: { readonly engine: Engine; readonly disk: ImageDisk; readonly name: string },
  id: string,
  signal: AbortSignal,
): Promise<string> {
  const { engine, disk } = of;
  const image = Inspected.parse(await engine.json({ method: "GET", path: `/images/${id}/json` }, signal));
  const volumes = Object.keys(image.Config.Volumes ?? {});
  if (volumes.length === 0) return id;
  const tag = `${repository}:${sha256Hex(id).slice(0, 32)}`;
  const plain = (await inspectImage(engine, tag, signal)) ?? (await load(engine, { image, tag }, signal));
  if (plain !== null) {
    await disk.used(plain);
    return plain;
  }
  const hiding = volumes.find((path) => hides(path));
  if (hiding === undefined) return id;
  throw new ImageProblem(
    "image-has-volume",
    `${of.name} makes a volume of ${hiding}, which would hide what is put there: leave out that VOLUME.`,
  );
}

function hides(volume: string): boolean {
  const path = volume.replace(/\/*$/, "/");
  return ["/testbed/", "/tmp/"].some((ours) => ours.startsWith(path) || path.startsWith(ours));
}

/** The engine has the layers, so that only the settings are sent. null: it wants the layers too, or keeps nothing. */
async function load(
  engine: Engine,
  wanted: { readonly image: Inspected; readonly tag: string },
  signal: AbortSignal,
): Promise<string | null> {
  const { image, tag } = wanted;
  const layers = image.RootFS.Layers ?? [];
  const created = image.Created ?? undefined;
  const { Volumes: _, ...config } = image.Config;
  const settings = {
    architecture: image.Architecture,
    os: image.Os,
    created,
    config: { ...config, Labels: { ...config.Labels, [labelNames.bytes]: "0" } },
    rootfs: { type: "layers", diff_ids: layers },
    history: layers.map(() => ({ created })),
  };
  const tar = pack();
  tar.entry({ name: "image.json" }, JSON.stringify(settings));
  const names = layers.map((layer) => `${layer.replace(/\W/g, "-")}/layer.tar`);
  tar.entry({ name: "manifest.json" }, JSON.stringify([{ Config: "image.json", RepoTags: [tag], Layers: names }]));
  tar.finalize();
  const call = { method: "POST", path: "/images/load", query: { quiet: "1" }, body: Readable.from(tar, { objectMode: false }) } as const;
  try {
    return (await lastWords(await engine.ask(call, signal))) === null ? await inspectImage(engine, tag, signal) : null;
  } catch (error) {
    if (error instanceof EngineProblem && error.status !== null) return null;
    throw error;
  }
}
