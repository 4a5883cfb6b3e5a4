import { existsSync } from "node:fs";
import { access, constants, mkdir, readFile, readdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, ownLabel } from "../process-label.ts";
import type { SandboxLimits } from "../sandbox.ts";

/** Where this host lets us bound a sandbox as a whole. Folders of ours lie under each parent, one a sandbox. */
export interface Cgroups {
  readonly memoryParent: string | null;
  readonly pidsParent: string | null;
  readonly version: 1 | 2;
}

/** `joins`: files into which a process writes its pid to be bounded. */
export interface SandboxCgroup {
  readonly joins: readonly string[];
  remove(): Promise<void>;
}

const root = "/sys/fs/cgroup";
/** Processes of ours in the sandbox's cgroup: bubblewrap, the supervisor, its child, and what that runs. */
const ownProcesses = 16;
let counter = 0;

/** Finds and prepares the parents; null: only root has any. */
export async function findCgroups(): Promise<Cgroups | null> {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return null;
  if (existsSync(join(root, "cgroup.controllers"))) return await unified();
  const memoryParent = await prepared(join(root, "memory/apprentice"));
  const pidsParent = await prepared(join(root, "pids/apprentice"));
  return memoryParent === null && pidsParent === null ? null : { memoryParent, pidsParent, version: 1 };
}

async function unified(): Promise<Cgroups | null> {
  const parent = join(root, "apprentice");
  await writeFile(join(root, "cgroup.subtree_control"), "+memory +pids").catch(() => null);
  if ((await prepared(parent)) === null) return null;
  await writeFile(join(parent, "cgroup.subtree_control"), "+memory +pids").catch(() => null);
  const controllers = (await readFile(join(parent, "cgroup.subtree_control"), "utf8").catch(() => "")).split(/\s/);
  const memoryParent = controllers.includes("memory") ? parent : null;
  const pidsParent = controllers.includes("pids") ? parent : null;
  return memoryParent === null && pidsParent === null ? null : { memoryParent, pidsParent, version: 2 };
}

async function prepared(parent: string): Promise<string | null> {
  try {
    await mkdir(parent, { recursive: true });
    await access(parent, constants.W_OK);
    return parent;
  } catch {
    return null;
  }
}

/** Bounds for one sandbox; its folders carry our label, so that a sweep knows whose they are. */
export async function makeCgroup(cgroups: Cgroups, limits: SandboxLimits): Promise<SandboxCgroup> {
  const name = `${await ownLabel()}.${counter++}`;
  const folders = new Set<string>();
  if (cgroups.memoryParent !== null && limits.memoryMiB !== null) {
    const folder = await made(join(cgroups.memoryParent, name), folders);
    await boundMemory(folder, limits.memoryMiB * 1024 * 1024, cgroups.version);
  }
  if (cgroups.pidsParent !== null && limits.processes !== null) {
    const folder = await made(join(cgroups.pidsParent, name), folders);
    await writeFile(join(folder, "pids.max"), String(limits.processes + ownProcesses));
  }
  return {
    joins: [...folders].map((folder) => join(folder, "cgroup.procs")),
    remove: async () => void (await Promise.all([...folders].map((folder) => removeCgroup(folder)))),
  };
}

async function made(folder: string, folders: Set<string>): Promise<string> {
  await mkdir(folder, { recursive: true });
  folders.add(folder);
  return folder;
}

async function boundMemory(folder: string, bytes: number, version: 1 | 2): Promise<void> {
  await writeFile(join(folder, version === 1 ? "memory.limit_in_bytes" : "memory.max"), String(bytes));
  const [swap, most] = version === 1 ? ["memory.memsw.limit_in_bytes", String(bytes)] : ["memory.swap.max", "0"];
  await writeFile(join(folder, swap), most).catch(() => null);
}

/**
 * The kernel holds a cgroup for a moment after its last process has gone. One that was being born when its parent was killed may
 * not yet have tied its life to it, so what is still in there is killed.
 */
export async function removeCgroup(folder: string): Promise<void> {
  for (let waitMs = 2; waitMs < 2000; waitMs *= 2) {
    await killAllIn(folder);
    const gone = await rmdir(folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === "ENOENT",
    );
    if (gone) return;
    await sleep(waitMs);
  }
}

async function killAllIn(folder: string): Promise<void> {
  const members = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  for (const pid of members.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has gone by itself.
    }
  }
}

/** Ends what processes of ours that have died left behind, and removes their folders. */
export async function sweepCgroups(): Promise<void> {
  for (const folder of await deadCgroups()) await removeCgroup(folder);
}

/** Folders of sandboxes whose process has died. */
export async function deadCgroups(): Promise<string[]> {
  const dead: string[] = [];
  for (const parent of [join(root, "memory/apprentice"), join(root, "pids/apprentice"), join(root, "apprentice")]) {
    const names = await readdir(parent, { withFileTypes: true }).catch(() => []);
    for (const { name } of names.filter((entry) => entry.isDirectory())) {
      const label = name.slice(0, name.lastIndexOf("."));
      if (!(await isAlive(label))) dead.push(join(parent, name));
    }
  }
  return dead;
}
