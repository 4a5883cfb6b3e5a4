import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Last of a dataset's files to be written: a folder that has it holds a complete dataset. */
export const manifestName = "manifest.json";

/** What a dataset took and what it holds. `kinds`: samples of first and of second rollouts. */
export const DatasetManifest = z.strictObject({
  version: z.literal(1),
  selection: z.strictObject({ kind: z.enum(["t1", "t2", "both"]), threshold: z.number() }),
  reasoning: z.string(),
  samples: z.number().int(),
  kinds: z.strictObject({ t1: z.number().int(), t2: z.number().int() }),
  dropped: z.record(z.string(), z.number().int()),
  files: z.array(z.strictObject({ name: z.string(), sha256: z.string(), rows: z.number().int() })),
});
export type DatasetManifest = z.infer<typeof DatasetManifest>;

/** The manifest of the dataset in a folder; null where there is none, or none that this version knows. */
export async function readManifest(folder: string): Promise<DatasetManifest | null> {
  const text = await readFile(join(folder, manifestName), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return DatasetManifest.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
