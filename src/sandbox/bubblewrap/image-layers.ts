import { join, posix } from "node:path";
import { z } from "zod";
import { UnpackProblem } from "./unpack-layer.ts";

const DockerManifest = z.array(z.looseObject({ Layers: z.array(z.string()) })).min(1);

/**
 * The layers of what `docker save` wrote, lowest first, as paths in the unpacked archive. null: no such archive, so a root
 * file system as it is.
 */
export async function layersOf(folder: string, read: (path: string) => Promise<string | null>): Promise<readonly string[] | null> {
  const text = await read(join(folder, "manifest.json"));
  if (text === null) return null;
  const manifest = DockerManifest.safeParse(parsed(text));
  if (!manifest.success) return null;
  if (manifest.data.length > 1) throw new UnpackProblem(`it holds ${manifest.data.length} images: save one`);
  const layers = manifest.data[0]?.Layers ?? [];
  const outside = layers.find((layer) => posix.normalize(layer).startsWith("..") || layer.startsWith("/"));
  if (outside !== undefined) throw new UnpackProblem(`its layer ${outside} lies outside`);
  return layers;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
