import { lstat, readdir, readlink } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RootEntry, RootFolder } from "./bwrap-arguments.ts";

/** Made by us in every sandbox, whatever an image has there. */
const ours = new Set(["proc", "dev", "sys", "tmp", "testbed", "run", "init"]);

/** Of the host: its programs, and what makes them start. Never /etc, /root, /home as such. */
export async function hostRoot(): Promise<RootFolder> {
  const entries: RootEntry[] = [{ kind: "bind", source: "/usr", path: "/usr" }];
  for (const name of ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]) entries.push(...(await entryOf("/", name)));
  for (const path of ["/etc/alternatives", "/etc/ld.so.cache"]) if (existsSync(path)) entries.push({ kind: "bind", source: path, path });
  return { entries, of: "host", ownAccounts: false, shell: existsSync("/usr/bin/bash") || existsSync("/bin/bash") ? "bash" : "sh" };
}

/** Of an image: all at its top that is not ours to make. */
export async function imageRoot(folder: string): Promise<RootFolder> {
  const names = (await readdir(folder)).filter((name) => !ours.has(name));
  const entries = (await Promise.all(names.map((name) => entryOf(folder, name)))).flat();
  const has = async (path: string): Promise<boolean> => (await lstat(join(folder, path)).catch(() => null)) !== null;
  const bash = (await has("bin/bash")) || (await has("usr/bin/bash")) || (await has("usr/local/bin/bash"));
  return { entries, of: "image", ownAccounts: await has("etc"), shell: bash ? "bash" : "sh" };
}

async function entryOf(folder: string, name: string): Promise<RootEntry[]> {
  const source = join(folder, name);
  const kind = await lstat(source).catch(() => null);
  if (kind === null) return [];
  if (kind.isSymbolicLink()) return [{ kind: "link", target: await readlink(source), path: `/${name}` }];
  return kind.isDirectory() || kind.isFile() ? [{ kind: "bind", source, path: `/${name}` }] : [];
}
