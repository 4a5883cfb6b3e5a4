import { z } from "zod";
import type { BuildWords } from "./build-words.ts";
import { removeContainer } from "./container.ts";
import type { Engine } from "./engine.ts";
import type { ImageDisk } from "./image-disk.ts";
import { inspectImage } from "./inspect-image.ts";

const Listed = z.array(z.looseObject({ Id: z.string() }));
const callMs = 60_000;

/** What a build that came to nothing made before it ended: the engine itself would keep its steps. Never throws. */
export async function removeMade(engine: Engine, { containers, made }: BuildWords): Promise<void> {
  for (const id of containers) await removeContainer(engine, id);
  for (const id of made.toReversed()) {
    // Nothing below is removed with it: that may be somebody's.
    const call = { method: "DELETE", path: `/images/${id}`, query: { noprune: "1" } } as const;
    await engine.json(call, AbortSignal.timeout(callMs)).catch(() => null);
  }
}

/** Stages that nothing stands on, and images that were fetched, are ours to count and to remove. Never throws. */
export async function keepStages(
  parts: { readonly engine: Engine; readonly disk: ImageDisk },
  { made, pulled }: BuildWords,
): Promise<void> {
  const { engine, disk } = parts;
  const signal = AbortSignal.timeout(callMs);
  const ids = await Promise.all(pulled.map((name) => inspectImage(engine, name, signal).catch(() => null)));
  const answer = await engine.json({ method: "GET", path: "/images/json" }, signal).catch(() => []);
  const listed = Listed.safeParse(answer);
  const stages = (listed.success ? listed.data : [])
    .map(({ Id }) => Id)
    .filter((id) => made.some((start) => id.replace("sha256:", "").startsWith(start)));
  for (const id of [...ids, ...stages]) if (id !== null) await disk.used(id);
}
