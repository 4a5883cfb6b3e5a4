import { randomBytes } from "node:crypto";
import { chmod, chown, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../base/atomic-file.ts";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { readNetworkSettings, type NetworkUser } from "../network-settings.ts";
import { runSetup } from "../run-setup.ts";
import type { Setup, SnapshotFolder } from "../sandbox.ts";
import { SectionReader } from "../section-reader.ts";
import { SupervisedSandbox } from "../supervised-sandbox.ts";
import { buildArguments, type RootFolder } from "./bwrap-arguments.ts";
import { makeCgroup, type Cgroups } from "./cgroups.ts";
import { closeSandbox, launch } from "./launch.ts";
import { readOpaqueFolders } from "./opaque-folders.ts";
import { findShadow } from "./shadow-folders.ts";
import type { SupportFiles } from "./support-files.ts";
import { runUnpacker, startUnpacker, type Unpacker } from "./unpack-layer.ts";
import { settleWorkspace } from "./workspace-layer.ts";

/** What set-up is run in, and for. */
export interface LayerOrder {
  readonly snapshot: SnapshotFolder;
  /** Root folder of the image; null: the host's programs. */
  readonly image: string | null;
  readonly root: RootFolder;
  readonly setup: Setup;
  readonly support: SupportFiles;
  readonly cgroups: Cgroups | null;
  readonly user: number | null;
  readonly networkUser: NetworkUser;
  /** Text of enter-layers.sh. */
  readonly enterScript: string;
  readonly environment: NodeJS.ProcessEnv;
}

const openMs = 60_000;
/** Builds run many at once, but not without end. */
const processes = 4096;
/** Of our own tmpfs, on which nothing of set-up lies. */
const tmpfsMiB = 16;
const layerNames = ["root", "usr", "workspace"];
const passing = ["work", "tmp", "settings", "resolv.conf"];

/**
 * Runs set-up commands in a build sandbox with network, and leaves in `folder` the layers they made: `root`, `usr` (where the programs are the host's) and
 * `workspace`; and in `names` what of the workspace is theirs. What only the build sandbox may see is gone from there.
 */
export async function buildLayers(order: LayerOrder, folder: string, signal: AbortSignal): Promise<Result<null, Failure>> {
  const unpacker = { user: order.user, environment: order.environment, signal };
  await makeFolders(order, folder);
  const shadow = await findShadow(order, dirname(folder), signal);
  const settings = await readNetworkSettings(order.networkUser);
  for (const [name, content] of settings.files) await ownFile(order, join(folder, "settings", name), content);
  await ownFile(order, join(folder, "resolv.conf"), await readFile("/etc/resolv.conf").catch(() => Buffer.alloc(0)));
  const cgroup = order.cgroups === null ? null : await makeCgroup(order.cgroups, { memoryMiB: null, processes, workspaceMiB: tmpfsMiB });
  const launched = launch({
    snapshotPath: order.snapshot.path,
    user: order.user,
    cgroupJoins: cgroup?.joins ?? [],
    enterArguments: [String(tmpfsMiB), folder, order.image ?? "", "building", shadow ?? ""],
    bwrapArguments: buildArguments({ root: order.root, support: order.support, folder }),
    enterScript: order.enterScript,
    environment: order.environment,
  });
  const opened = await new SupervisedSandbox({
    secret: randomBytes(16).toString("hex"),
    control: launched.control,
    shellInput: launched.shellInput,
    output: launched.output,
    limits: { processes, dataKiB: null },
    close: () => closeSandbox(launched, cgroup),
    exportWorkspace: () => Promise.reject(new Error("a build sandbox is not exported")),
  }).opened(openMs, signal);
  if (!opened.ok) return opened;
  try {
    const done = await runSetup({ sandbox: opened.value, setup: order.setup, settings }, signal);
    if (!done.ok) return done;
  } finally {
    await opened.value[Symbol.asyncDispose]();
  }
  await settle(order, folder, unpacker);
  return ok(null);
}

async function makeFolders(order: LayerOrder, folder: string): Promise<void> {
  const works = layerNames.map((name) => `work/${name}`);
  for (const name of [...layerNames, "work", ...works, "tmp", "settings", "root/etc"]) await ownFolder(order, join(folder, name));
  await chmod(join(folder, "tmp"), 0o1777);
  await chmod(join(folder, "settings"), 0o700);
  // Something to mount on, also where the image has a link there. It goes when set-up is over.
  await ownFile(order, join(folder, "root/etc/resolv.conf"), Buffer.alloc(0));
  if (order.image !== null) return;
  for (const name of ["usr", "var", "var/tmp", "opt", "root", "home", "srv"]) await ownFolder(order, join(folder, "root", name));
  for (const entry of order.root.entries) if (entry.kind === "link") await symlink(entry.target, join(folder, "root", entry.path));
}

async function ownFolder({ user }: LayerOrder, path: string): Promise<void> {
  await makeFolder(path);
  if (user !== null) await chown(path, user, user);
  await chmod(path, 0o755);
}

async function ownFile({ user }: LayerOrder, path: string, content: Uint8Array): Promise<void> {
  await writeFile(path, content, { mode: 0o644 });
  if (user !== null) await chown(path, user, user);
}

async function settle(order: LayerOrder, folder: string, unpacker: Unpacker): Promise<void> {
  // What we may not enter we could not sort, nor remove one day.
  if (order.user === null) await runUnpacker(unpacker, { program: "chmod", args: ["-R", "u+rwX", folder], input: null });
  await rm(join(folder, "root/etc/resolv.conf"), { force: true });
  for (const name of passing) await rm(join(folder, name), { recursive: true, force: true });
  const layer = join(folder, "workspace");
  const opaque = await opaqueFolders(layer, unpacker);
  const made = await settleWorkspace({ layer, snapshot: order.snapshot.path, opaque, owner: order.user });
  await ownFile(order, join(folder, "names"), Buffer.concat(made.flatMap((name) => [name, Buffer.from("\n")])));
}

async function opaqueFolders(layer: string, unpacker: Unpacker): Promise<readonly Buffer[]> {
  const find = "find . -mindepth 1 -type d -printf '%P\\0'";
  const tar =
    "tar --create --blocking-factor=1 --format=pax --xattrs --xattrs-include='user.overlay.*' --no-recursion --null --files-from=- --file=-";
  const script = `cd "$1" && ${find} | ${tar} --pax-option=delete=atime,delete=ctime,delete=mtime`;
  const running = startUnpacker(unpacker, { program: "sh", args: ["-c", script, "sh", layer], input: null });
  const opaque = await readOpaqueFolders(new SectionReader(running.output));
  await running.ended;
  if (opaque === null) throw new Error(`the layer ${layer} could not be read`);
  return opaque;
}
