import { chown, lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { excludeLines } from "../setup-names.ts";

export interface WorkspaceLayer {
  /** What set-up commands wrote over the snapshot, as an overlay keeps it; nobody writes there any more. */
  readonly layer: string;
  readonly snapshot: string;
  /** Folders in the layer that hide what the snapshot has there. */
  readonly opaque: readonly Buffer[];
  readonly owner: number | null;
}

const slash = Buffer.from("/");
const newline = 10;

/**
 * Leaves in the layer what set-up made beside the snapshot's own files, and gives the names of that, each standing for all beneath it.
 * What it did to the snapshot's own files and to .git is undone, and the rest is made unseen to git, so that an agent begins with a clean state.
 */
export async function settleWorkspace(parts: WorkspaceLayer): Promise<Buffer[]> {
  const { layer, snapshot } = parts;
  for (const name of parts.opaque) {
    if (await isFolder(Buffer.concat([Buffer.from(`${snapshot}/`), name]))) await remove(Buffer.concat([Buffer.from(`${layer}/`), name]));
  }
  await remove(Buffer.from(join(layer, ".git")));
  const made = await settle(Buffer.from(layer), Buffer.from(snapshot), Buffer.alloc(0));
  if (made.length > 0 && (await isFolder(Buffer.from(join(snapshot, ".git"))))) await hideFromGit(parts, made);
  return made;
}

async function settle(layer: Buffer, snapshot: Buffer, folder: Buffer): Promise<Buffer[]> {
  const made: Buffer[] = [];
  const here = folder.length === 0 ? layer : Buffer.concat([layer, slash, folder]);
  for (const entry of await readdir(here, { withFileTypes: true, encoding: "buffer" })) {
    const name = folder.length === 0 ? entry.name : Buffer.concat([folder, slash, entry.name]);
    const place = Buffer.concat([layer, slash, name]);
    const before = await lstat(Buffer.concat([snapshot, slash, name])).catch(() => null);
    const isPlain = entry.isDirectory() || entry.isFile() || entry.isSymbolicLink();
    if (before?.isDirectory() === true && entry.isDirectory()) made.push(...(await settle(layer, snapshot, name)));
    else if (before !== null || !isPlain || entry.name.includes(newline)) await remove(place);
    else made.push(name);
  }
  return made;
}

async function hideFromGit({ layer, snapshot, owner }: WorkspaceLayer, made: readonly Buffer[]): Promise<void> {
  const before = await readFile(join(snapshot, ".git/info/exclude")).catch(() => Buffer.alloc(0));
  const patterns = Buffer.from(excludeLines(made.map((name) => name.toString("latin1"))), "latin1");
  const paths = [".git", ".git/info", ".git/info/exclude"].map((path) => join(layer, path));
  await mkdir(join(layer, ".git/info"), { recursive: true });
  await writeFile(join(layer, ".git/info/exclude"), Buffer.concat([before, patterns]));
  if (owner !== null) for (const path of paths) await chown(path, owner, owner);
}

async function isFolder(path: Buffer): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() === true;
}

async function remove(path: Buffer): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
