import { execFile } from "node:child_process";
import { chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeFolder } from "../../base/atomic-file.ts";
import { mostOpenFiles } from "../open-files.ts";
import type { SandboxBackend, SandboxCheck } from "../sandbox.ts";
import { findCgroups } from "./cgroups.ts";
import { makeReachable } from "./support-files.ts";

const run = promisify(execFile);
const installed = "Debian, Ubuntu: apt-get install bubblewrap util-linux tar findutils; Fedora: dnf install the same";

/** What `doctor` says: programs, a trial sandbox, and which limits this host can enforce. Never throws. */
export async function probeBubblewrap(backend: SandboxBackend): Promise<SandboxCheck[]> {
  if (process.platform !== "linux") {
    const detail = `bubblewrap needs Linux; this is ${process.platform}`;
    return [{ check: "bubblewrap", ok: false, detail, mend: "use docker or podman here" }];
  }
  const programs = [await checkBubblewrap(), await checkPrograms(backend.snapshotOwner !== null)];
  if (programs.some((check) => !check.ok)) return programs;
  return [...programs, await checkTrial(backend), ...(await limitChecks())];
}

async function checkBubblewrap(): Promise<SandboxCheck> {
  const check = "bwrap";
  try {
    const [version, help] = await Promise.all([run("bwrap", ["--version"]), run("bwrap", ["--help"])]);
    const missing = ["--disable-userns", "--size", "--perms", "--as-pid-1"].filter((option) => !help.stdout.includes(option));
    const detail = version.stdout.trim();
    if (missing.length === 0) return { check, ok: true, detail: detail.replace(/^bubblewrap /, "version "), mend: null };
    return { check, ok: false, detail: `${detail} has no ${missing.join(", ")}`, mend: "install bubblewrap 0.8 or newer" };
  } catch {
    return { check, ok: false, detail: "the program bwrap is not there", mend: installed };
  }
}

async function checkPrograms(isRoot: boolean): Promise<SandboxCheck> {
  const check = "programs";
  const needed = ["unshare", "nsenter", "mount", "mkfifo", "tar", "find", ...(isRoot ? ["setpriv"] : [])];
  const missing: string[] = [];
  for (const name of needed) {
    const found = await run("/bin/sh", ["-c", 'command -v "$1"', "sh", name]).catch(() => null);
    if (found === null) missing.push(name);
  }
  for (const name of ["tar", "find"]) {
    const version = await run(name, ["--version"]).catch(() => ({ stdout: "" }));
    if (!version.stdout.includes("GNU") && !missing.includes(name)) missing.push(`GNU ${name}`);
  }
  if (missing.length === 0) return { check, ok: true, detail: needed.join(", "), mend: null };
  return { check, ok: false, detail: `missing: ${missing.join(", ")}`, mend: installed };
}

async function checkTrial(backend: SandboxBackend): Promise<SandboxCheck> {
  const check = "trial sandbox";
  let folder: string | null = null;
  try {
    await makeFolder(backend.cacheRoot);
    if (backend.snapshotOwner !== null) await makeReachable(backend.cacheRoot);
    folder = await mkdtemp(join(backend.cacheRoot, "trial-"));
    const paths = [folder, join(folder, "inner"), join(folder, "file")];
    await mkdir(join(folder, "inner"));
    await writeFile(join(folder, "file"), "there\n");
    if (backend.snapshotOwner !== null) {
      for (const path of paths) await chown(path, backend.snapshotOwner, backend.snapshotOwner);
    }
    const detail = await tryOne(backend, folder);
    return detail === null
      ? { check, ok: true, detail: "opened, ran a command, changed files, closed", mend: null }
      : { check, ok: false, detail, mend: mendOf(detail, backend.cacheRoot) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { check, ok: false, detail, mend: `make ${backend.cacheRoot} writable` };
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true }).catch(() => null);
  }
}

/** null: all went well. */
async function tryOne(backend: SandboxBackend, path: string): Promise<string | null> {
  const signal = AbortSignal.timeout(30_000);
  const limits = { memoryMiB: 256, processes: 64, workspaceMiB: 16 };
  const opened = await backend.open({ snapshot: { id: "trial", path }, image: null, limits }, signal);
  if (!opened.ok) return opened.error.message;
  await using sandbox = opened.value;
  // The last part needs user attributes on a tmpfs, which kernels before 6.6 do not have.
  const command = "cat file && echo changed >file && cat file && rmdir inner && mkdir inner && echo renewed >inner/x";
  const ran = await sandbox.run({ command, timeoutMs: 20_000, outputLimitBytes: 10_000 }, signal);
  if (!ran.ok) return ran.error.message;
  return ran.value.output === "there\nchanged\n" ? null : `a command said: ${ran.value.output}`;
}

function mendOf(detail: string, cacheRoot: string): string {
  if (/source path .*: Permission denied/i.test(detail))
    return `as root the sandbox has another account, which cannot reach ${cacheRoot}: name a folder that any account may pass to in APPRENTICE_CACHE`;
  if (/unshare|uid_map|Operation not permitted|Permission denied/i.test(detail)) {
    return "allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=100000 kernel.apparmor_restrict_unprivileged_userns=0 (in a container: run it with --privileged, or with seccomp=unconfined)";
  }
  if (/overlay|mkdir/i.test(detail))
    return "use Linux 6.6 or newer, which lets a user mount a whole overlay on a tmpfs; or `--sandbox docker`";
  return "see the detail; `--sandbox docker` is another way";
}

async function limitChecks(): Promise<SandboxCheck[]> {
  const cgroups = await findCgroups();
  const memory = cgroups !== null && cgroups.memoryParent !== null;
  const pids = cgroups !== null && cgroups.pidsParent !== null;
  const most = mostOpenFiles();
  return [
    {
      check: "memory limit",
      ok: true,
      detail: memory ? "of the sandbox, by cgroup" : "not of the sandbox as a whole here: only the data of each process is bounded",
      mend: memory ? null : "run as root where cgroups can be written",
    },
    {
      check: "process limit",
      ok: true,
      detail: pids ? "of the sandbox, by ulimit and cgroup" : "of the sandbox, by ulimit",
      mend: null,
    },
    {
      check: "open files",
      ok: true,
      detail: `${most ?? "unknown"}: about ${most === null ? "unknown" : Math.floor((most - 100) / 3)} sandboxes at once`,
      mend: most !== null && most < 4096 ? "ulimit -n 65536" : null,
    },
  ];
}
