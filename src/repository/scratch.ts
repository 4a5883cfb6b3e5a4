import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../base/atomic-file.ts";

/** A folder of one's own that goes when it is disposed of; disposing twice is harmless. */
export interface Scratch extends AsyncDisposable {
  readonly path: string;
}

/** Makes a new empty folder under `root`, which is made when missing. */
export async function makeScratch(root: string): Promise<Scratch> {
  await makeFolder(root);
  const path = await mkdtemp(join(root, "scratch-"));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
