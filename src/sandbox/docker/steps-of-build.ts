import { z } from "zod";
import type { BuildWords } from "./build-words.ts";
import { removeContainer } from "./container.ts";
import type { Engine } from "./engine.ts";
import type { ImageDisk } from "./image-disk.ts";
import { inspectImage } from "./inspect-image.ts";

const Listed = z.array(z.looseObject({ Id: z.string(), RepoTags: z.array(z.string()).nullish() }));
const Committed = z.looseObject({ Container: z.string().nullish() });
const callMs = 60_000;

/** What an engine holds when a build begins. Whatever is told of a build, no more than what came later is its own: commands print what they like. */
export interface Standing {
  readonly images: ReadonlySet<string>;
  readonly containers: ReadonlySet<string>;
}

/** Throws an EngineProblem. */
export async function standingOf(engine: Engine, signal: AbortSignal): Promise<Standing> {
  const [images, containers] = await Promise.all([listed(engine, "/images/json", signal), listed(engine, "/containers/json", signal)]);
  return { images: new Set(images.map(({ Id }) => Id)), containers: new Set(containers.map(({ Id }) => Id)) };
}

/** Takes away what a build that came to nothing made: the engine itself would keep its steps. Never throws. */
export async function removeMade(engine: Engine, words: BuildWords, before: Standing): Promise<void> {
  const signal = AbortSignal.timeout(callMs);
  const containers = await listed(engine, "/containers/json", signal).catch(() => []);
  for (const { Id } of containers) if (!before.containers.has(Id) && isOf(Id, words.containers)) await removeContainer(engine, Id);
  const images = await listed(engine, "/images/json", signal).catch(() => []);
  const made: { readonly id: string; readonly place: number }[] = [];
  for (const { Id: id, RepoTags } of images) {
    if (before.images.has(id) || RepoTags?.some((tag) => !tag.startsWith("<none>")) === true) continue;
    const place = words.made.findLastIndex((start) => isOf(id, [start]));
    // Of a step whose end was not told any more.
    if (place >= 0 || (await isCommitOf(engine, id, words.containers))) made.push({ id, place: place < 0 ? Infinity : place });
  }
  for (const { id } of made.toSorted((a, b) => (a.place < b.place ? 1 : -1))) {
    // Nothing below is removed with it: that may be somebody's.
    const call = { method: "DELETE", path: `/images/${id}`, query: { noprune: "1" } } as const;
    await engine.json(call, signal).catch(() => null);
  }
}

/** Stages that nothing stands on, and images that were fetched, are ours to count and to remove. Never throws. */
export async function keepStages(
  parts: { readonly engine: Engine; readonly disk: ImageDisk },
  { made, pulled }: BuildWords,
  before: Standing,
): Promise<void> {
  const { engine, disk } = parts;
  const signal = AbortSignal.timeout(callMs);
  const fetched = await Promise.all(pulled.map((name) => inspectImage(engine, name, signal).catch(() => null)));
  const answer = await engine.json({ method: "GET", path: "/images/json" }, signal).catch(() => []);
  const images = Listed.safeParse(answer);
  const stages = (images.success ? images.data : []).map(({ Id }) => Id).filter((id) => isOf(id, made));
  for (const id of [...fetched, ...stages]) if (id !== null && !before.images.has(id)) await disk.used(id);
}

async function listed(engine: Engine, path: string, signal: AbortSignal): Promise<z.infer<typeof Listed>> {
  return Listed.parse(await engine.json({ method: "GET", path, query: { all: "1" } }, signal));
}

function isOf(id: string, starts: readonly string[]): boolean {
  return starts.some((start) => id.replace("sha256:", "").startsWith(start));
}

async function isCommitOf(engine: Engine, id: string, containers: readonly string[]): Promise<boolean> {
  const answer = await engine.json({ method: "GET", path: `/images/${id}/json` }, AbortSignal.timeout(callMs)).catch(() => null);
  const image = Committed.safeParse(answer);
  return image.success && Boolean(image.data.Container) && isOf(image.data.Container ?? "", containers);
}
