import { createReadStream, type Stats } from "node:fs";
import { chmod, lstat, readdir, readlink } from "node:fs/promises";
import { join, posix } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import type { ExportedTree } from "../../records/exported-tree.ts";

/** The whole workspace; `.git` of any depth and special files left out. Names that are not UTF-8 are left out too. */
export function exportPlain(workspace: string): ExportedTree {
  const tar = pack();
  addFolder(tar, { workspace, folder: "" }).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return { kind: "full", deleted: [], tar: Readable.from(tar, { objectMode: false }) };
}

async function addFolder(tar: Pack, place: { readonly workspace: string; readonly folder: string }): Promise<void> {
  const names = await readdir(join(place.workspace, place.folder));
  for (const name of names.sort()) {
    if (name === ".git" || name.includes("\uFFFD")) continue;
    const path = posix.join(place.folder, name);
    const host = join(place.workspace, path);
    const found = await lstat(host);
    await makeReadable(host, found);
    if (found.isDirectory()) {
      tar.entry({ ...header(path, found), type: "directory", size: 0 });
      await addFolder(tar, { workspace: place.workspace, folder: path });
    } else if (found.isSymbolicLink()) {
      tar.entry({ ...header(path, found), type: "symlink", linkname: await readlink(host), size: 0 });
    } else if (found.isFile()) {
      await pipeline(createReadStream(host), tar.entry({ ...header(path, found), type: "file", size: found.size }));
    }
  }
}

/** Commands may have taken from us what we need to read them. */
async function makeReadable(host: string, found: Stats): Promise<void> {
  const needed = found.isDirectory() ? 0o500 : 0o400;
  if ((found.isDirectory() || found.isFile()) && (found.mode & needed) !== needed) await chmod(host, (found.mode & 0o7777) | needed);
}

function header(name: string, found: Stats): { name: string; mode: number; mtime: Date; uid: number; gid: number } {
  return { name, mode: found.mode & 0o777, mtime: found.mtime, uid: 0, gid: 0 };
}
