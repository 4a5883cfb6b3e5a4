import { lstat } from "node:fs/promises";
import { join, posix } from "node:path";
import { z } from "zod";
import { isOfSetup } from "../setup-names.ts";

/** Answer of the engine: 0 changed, 1 new, 2 gone. */
export const EngineChanges = z.array(z.looseObject({ Path: z.string(), Kind: z.number() })).nullable();

export interface WorkspaceChanges {
  /** Paths in the workspace that are gone, or that something else may have taken the place of. */
  readonly deleted: readonly string[];
  /** Paths to take whole; none lies in another. */
  readonly taken: readonly string[];
}

const workspace = "/testbed/";

/** What the engine says of the container's own layer, as what to delete and what to lay over; null: it can not be told so. */
export async function readChanges(
  answer: z.infer<typeof EngineChanges>,
  of: { readonly snapshotPath: string; readonly setupNames: ReadonlySet<string> },
): Promise<WorkspaceChanges | null> {
  const { snapshotPath, setupNames } = of;
  const kinds = new Map<string, number>();
  const parents = new Set<string>();
  for (const { Path, Kind } of answer ?? []) {
    if (!Path.startsWith(workspace) || Path.split("/").includes(".git")) continue;
    // A name that is not UTF-8 comes through JSON as another.
    if (Path.includes("\uFFFD")) return null;
    const path = Path.slice(workspace.length);
    parents.add(posix.dirname(path));
    if (!isOfSetup(Buffer.from(path).toString("latin1"), setupNames)) kinds.set(path, Kind);
  }
  const deleted: string[] = [];
  const taken: string[] = [];
  for (const [path, kind] of kinds) {
    const hasChanges = parents.has(path);
    if (kind === 2 || (kind === 0 && !hasChanges) || (kind === 0 && !(await isFolder(join(snapshotPath, path))))) deleted.push(path);
    if (kind === 2 || (kind === 0 && hasChanges) || isNew(posix.dirname(path), kinds)) continue;
    taken.push(path);
  }
  return { deleted: deleted.sort(), taken: taken.sort() };
}

/** New as a whole, or in something that is. */
function isNew(path: string, kinds: ReadonlyMap<string, number>): boolean {
  for (let at = path; at !== "."; at = posix.dirname(at)) if (kinds.get(at) === 1) return true;
  return false;
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() === true;
}
