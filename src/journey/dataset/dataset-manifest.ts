import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { containers, datasetFormats } from "./dataset-format.ts";

/** Last of a dataset's files to be written: a folder that has it holds a complete dataset. */
export const manifestName = "manifest.json";

const count = z.number().int().nonnegative();
const counts = z.record(z.string(), count);
const kinds = z.strictObject({ t1: count, t2: count });
const Selection = z.strictObject({ kind: z.enum(["t1", "t2", "both"]), threshold: z.number(), flagged: z.enum(["drop", "keep"]) });

/**
 * What a dataset took and what it holds. `recipe`: the whole of it, as it was resolved; `selection`: what older versions said of it.
 * `runs`: those it was taken from, by the hash of their identity settings. `kinds`: samples of first and of second rollouts; `flagged`:
 * samples with safety flags, by the gravest, which `dropped` has too where they were left out; `notes`: samples that a rule could not judge. `tokens`: in the student's template, null
 * where none was asked. `files`: the data; `companions`: what stands beside it. `decontamination`: the report of it, null where no
 * benchmark was given.
 */
export const DatasetManifest = z.strictObject({
  version: z.literal(3),
  tool: z.string(),
  runs: z.array(z.strictObject({ identityHash: z.string(), tool: z.string(), model: z.string().nullable() })),
  selection: Selection,
  recipe: z.record(z.string(), z.unknown()).nullable(),
  reasoning: z.string(),
  container: z.enum(containers),
  tokenizer: z.strictObject({ name: z.string(), id: z.string() }).nullable(),
  samples: count,
  kinds,
  tokens: count.nullable(),
  truncated: count,
  redactions: count,
  dropped: counts,
  notes: counts,
  flagged: counts,
  teachers: z.array(z.strictObject({ name: z.string().nullable(), samples: count, termsAllowTraining: z.boolean().nullable() })),
  repositories: z.array(z.strictObject({ name: z.string().nullable(), licence: z.string().nullable(), samples: count })),
  decontamination: z.unknown().nullable(),
  files: z.array(z.strictObject({ name: z.string(), format: z.enum(datasetFormats), sha256: z.string(), rows: count })),
  companions: z.array(z.strictObject({ name: z.string(), sha256: z.string() })),
});
export type DatasetManifest = z.infer<typeof DatasetManifest>;

/** Before it said more than counts. */
const SecondManifest = z.strictObject({
  version: z.literal(2),
  selection: Selection,
  reasoning: z.string(),
  samples: count,
  kinds,
  dropped: counts,
  flagged: counts,
  files: z.array(z.strictObject({ name: z.string(), sha256: z.string(), rows: count })),
});

/** As it was before samples were flagged: all were taken. */
const FirstManifest = SecondManifest.extend({ version: z.literal(1), selection: Selection.omit({ flagged: true }) }).omit({
  flagged: true,
});

/** What a manifest of any version says; `flagged` null: it was not looked for. */
const AnyManifest = z.union([
  DatasetManifest,
  SecondManifest,
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
