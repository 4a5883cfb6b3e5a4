import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { isDockerfile, needsEngine } from "../dockerfile.ts";
import { isAlive, ownLabel } from "../process-label.ts";
import { folderLeftover, leftoversIn, type Leftover } from "../leftover.ts";
import type { OpenRequest, Sandbox, SandboxBackend, SandboxCheck } from "../sandbox.ts";
import { cancelled, notOpened } from "../sandbox-failure.ts";
import { PathMap } from "./path-map.ts";
import { PlainSandbox } from "./plain-sandbox.ts";
import { PlainShell } from "./plain-shell.ts";

export interface PlainProcessesOptions {
  /** Folder for the copies; the system's temporary folder by default. */
  readonly root?: string;
}

const prefix = "apprentice-none-";
const openMs = 60_000;

/**
 * Plain processes in a temporary copy of the snapshot: no isolation, no limits, no image. Only for commands of our own, where no other
 * sandbox works.
 */
export function createPlainProcesses(options: PlainProcessesOptions = {}): SandboxBackend {
  const root = options.root ?? tmpdir();
  const cacheRoot = join(root, `apprentice-${process.getuid?.() ?? "user"}`);
  return {
    kind: "none",
    snapshotOwner: null,
    cacheRoot,
    probe,
    imageId: async (image) => (image === null ? ok(null) : takesNone(image)),
    open: (request, signal) => openPlain(root, request, signal),
    sweep: () => sweep(root),
    leftovers: async () => [...(await deadFolders(root)), ...(await leftoversIn(join(cacheRoot, "snapshots"), "cache"))],
  };
}

function takesNone(image: string): { readonly ok: false; readonly error: Failure } {
  if (isDockerfile(image)) return needsEngine("none", image);
  return notOpened("The sandbox none takes no image.", { wholeRun: true, retryable: false });
}

async function openPlain(root: string, request: OpenRequest, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
  if (signal.aborted) return cancelled();
  if ((await stat(request.snapshot.path).catch(() => null))?.isDirectory() !== true) {
    return notOpened(`There is no snapshot at ${request.snapshot.path}.`, { retryable: false });
  }
  if (request.image !== null) return takesNone(request.image);
  if ((request.setup?.commands.length ?? 0) > 0)
    return notOpened("The sandbox kind none runs no set-up commands.", { wholeRun: true, retryable: false });
  const base = await realpath(await mkdtemp(join(root, `${prefix}${await ownLabel()}.`)));
  const remove = (): Promise<void> => removeFolder(base);
  const workspace = join(base, "testbed");
  const home = join(base, "home");
  const problem = await copySnapshot(request.snapshot.path, workspace, signal);
  if (problem !== null) {
    await remove();
    return signal.aborted ? cancelled() : notOpened(`The snapshot could not be copied: ${problem}`);
  }
  await mkdir(home);
  const keeper = new PlainShell({
    workspace,
    pipePath: join(base, "output"),
    labelPath: join(base, "shell"),
    environment: environmentOf(home),
  });
  const sandbox = new PlainSandbox({ workspace, map: new PathMap({ workspace, home }), keeper, remove });
  if (await sandbox.opened(openMs, signal)) return ok(sandbox);
  await sandbox[Symbol.asyncDispose]();
  return signal.aborted ? cancelled() : notOpened("No shell opened.");
}

/** The host's programs, and nothing else of its environment. */
function environmentOf(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    TMPDIR: home,
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    PAGER: "cat",
    GIT_PAGER: "cat",
    MANPAGER: "cat",
  };
}

/** null: done. Blocks are shared with the snapshot where the file system can. */
async function copySnapshot(from: string, to: string, signal: AbortSignal): Promise<string | null> {
  const ways = process.platform === "darwin" ? [["-a", "-c"], ["-a"]] : [["-a", "--reflink=auto"], ["-a"]];
  let words = "";
  for (const options of ways) {
    if (signal.aborted) return "stopped";
    try {
      await mkdir(to, { recursive: true });
      await promisify(execFile)("cp", [...options, `${from}/.`, to], { signal });
      return null;
    } catch (error) {
      words = error instanceof Error ? error.message : String(error);
    }
  }
  return words;
}

/** Commands may have left folders that not even their owner may change. */
async function removeFolder(folder: string): Promise<void> {
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  await remove().catch(async () => {
    await promisify(execFile)("chmod", ["-R", "u+rwX", folder]).catch(() => null);
    await remove();
  });
}

async function sweep(root: string): Promise<void> {
  for (const { remove } of await deadFolders(root)) await remove().catch(() => null);
}

/** Copies of processes that have died, with what their last shell still runs. */
async function deadFolders(root: string): Promise<Leftover[]> {
  const dead: Leftover[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const label = name.slice(prefix.length, name.lastIndexOf("."));
    if (await isAlive(label)) continue;
    const folder = join(root, name);
    const remove = async (): Promise<void> => {
      await endShell(join(folder, "shell"));
      await removeFolder(folder);
    };
    dead.push({ ...(await folderLeftover(folder, "sandbox")), remove });
  }
  return dead;
}

/** What its last shell still runs, if that shell is the one of the label. */
async function endShell(labelPath: string): Promise<void> {
  const label = await readFile(labelPath, "utf8").catch(() => "");
  const pid = Number(label.split("-")[0]);
  if (!(pid > 1) || !(await isAlive(label))) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

async function probe(): Promise<SandboxCheck[]> {
  const checks: SandboxCheck[] = [];
  for (const name of ["cp", "mkfifo", "ps"]) {
    const found = await promisify(execFile)("/bin/sh", ["-c", 'command -v "$1"', "sh", name]).catch(() => null);
    const detail = found === null ? `the program ${name} is not there` : found.stdout.trim();
    checks.push({ check: name, ok: found !== null, detail, mend: found === null ? `install ${name}` : null });
  }
  const detail = "none: commands see the host's files and network; only for the built-in scripted teacher";
  checks.push({ check: "isolation", ok: true, detail, mend: "use bubblewrap or docker for any other teacher" });
  return checks;
}
