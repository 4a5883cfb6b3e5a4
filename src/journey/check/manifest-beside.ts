import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { manifestName } from "../dataset/dataset-manifest.ts";

const Manifest = z.object({ files: z.array(z.object({ name: z.string(), sha256: z.string(), rows: z.number() })) });

/** What the manifest beside a file says of it; null: there is none, or it does not name the file. */
export type ManifestEntry = { readonly sha256: string; readonly rows: number } | "unreadable" | null;

export async function manifestEntry(path: string): Promise<ManifestEntry> {
  const text = await readFile(join(dirname(path), manifestName), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const { files } = Manifest.parse(JSON.parse(text));
    return files.find(({ name }) => name === basename(path)) ?? null;
  } catch {
    return "unreadable";
  }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
