import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import { manifestName, readManifest, type DatasetManifest } from "./dataset-manifest.ts";

/** A folder with a whole dataset: its manifest, and every file of it, the manifest last. */
export interface DatasetFolder {
  readonly manifest: DatasetManifest;
  readonly files: readonly { readonly name: string; readonly path: string; readonly sha256: string; readonly bytes: number }[];
}

/** Reads a dataset and holds its files against the manifest; the problem is a sentence. */
export async function openDatasetFolder(folder: string): Promise<Result<DatasetFolder, string>> {
  const manifest = await readManifest(folder);
  if (manifest === null) return err(`There is no dataset in ${folder}: it has no ${manifestName} that can be read.`);
  if (manifest.version !== 3) return err(`The dataset in ${folder} was written by an older version: export it again.`);
  const files = [];
  for (const { name, sha256 } of [...manifest.files, ...manifest.companions]) {
    const path = join(folder, name);
    const found = await hashed(path);
    if (found === null) return err(`${path} is missing: export the dataset again.`);
    if (found.sha256 !== sha256) return err(`${path} is not the file that ${manifestName} names: export the dataset again.`);
    files.push({ name, path, ...found });
  }
  const path = join(folder, manifestName);
  const own = await hashed(path);
  return own === null ? err(`${path} is gone.`) : ok({ manifest, files: [...files, { name: manifestName, path, ...own }] });
}

async function hashed(path: string): Promise<{ sha256: string; bytes: number } | null> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      if (!(chunk instanceof Buffer)) throw new Error("a stream of bytes gives bytes");
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  return { sha256: hash.digest("hex"), bytes };
}
