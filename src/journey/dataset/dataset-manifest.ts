import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Last of a dataset's files to be written: a folder that has it holds a complete dataset. */
export const manifestName = "manifest.json";

const counts = z.record(z.string(), z.number().int());

/**
 * What a dataset took and what it holds. `kinds`: samples of first and of second rollouts; `flagged`: samples with safety flags, by the
 * gravest, which `dropped` has too where they were left out.
 */
export const DatasetManifest = z.strictObject({
  version: z.literal(2),
  selection: z.strictObject({ kind: z.enum(["t1", "t2", "both"]), threshold: z.number(), flagged: z.enum(["drop", "keep"]) }),
  reasoning: z.string(),
  samples: z.number().int(),
  kinds: z.strictObject({ t1: z.number().int(), t2: z.number().int() }),
  dropped: counts,
  flagged: counts,
  files: z.array(z.strictObject({ name: z.string(), sha256: z.string(), rows: z.number().int() })),
});
export type DatasetManifest = z.infer<typeof DatasetManifest>;

/** As it was before samples were flagged: all were taken. */
const FirstManifest = DatasetManifest.extend({
  version: z.literal(1),
  selection: DatasetManifest.shape.selection.omit({ flagged: true }),
}).omit({ flagged: true });

/** A manifest of any version, in today's form; `flagged` null: it was not looked for. */
const AnyManifest = z.union([
  DatasetManifest,
  FirstManifest.transform(({ selection, ...rest }) => ({ ...rest, selection: { ...selection, flagged: "keep" as const }, flagged: null })),
]);

/** The manifest of the dataset in a folder; null where there is none, or none that this version knows. */
export async function readManifest(folder: string): Promise<z.infer<typeof AnyManifest> | null> {
  const text = await readFile(join(folder, manifestName), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return AnyManifest.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
