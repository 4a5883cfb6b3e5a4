import { spawn, type ChildProcess } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import { within } from "../within.ts";
import type { SandboxCgroup } from "./cgroups.ts";

export interface Launch {
  readonly snapshotPath: string;
  readonly user: number | null;
  /** Files into which the first process writes its pid before it drops to `user`. */
  readonly cgroupJoins: readonly string[];
  /** What its script takes before bubblewrap's arguments. */
  readonly enterArguments: readonly string[];
  readonly bwrapArguments: readonly string[];
  /** Text of enter.sh, or of enter-layers.sh. */
  readonly enterScript: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** `exited` settles once the first process is gone or never began; its error, if any, is said in `startError`. */
export interface Launched {
  readonly child: ChildProcess;
  readonly control: Duplex;
  readonly shellInput: Writable;
  readonly output: Readable;
  readonly exited: Promise<string | null>;
}

/** After its first process has gone, the kernel ends the rest at once. */
const goneMs = 5_000;

/** $1: how many cgroup files follow; then they, then the program. What goes wrong before the supervisor speaks is said on fd 3. */
const preamble = `exec >&3 2>&3
count=$1; shift
while [ "$count" -gt 0 ]; do echo $$ >"$1" || exit 1; shift; count=$((count - 1)); done
exec "$@"`;

/**
 * Starts a sandbox: programs that become one another, so that one process id stays, which `--die-with-parent` ties to ours. A
 * session of its own, because an interrupt typed at the terminal is meant for us.
 */
export function launch(request: Launch): Launched {
  const drop =
    request.user === null ? [] : ["setpriv", `--reuid=${request.user}`, `--regid=${request.user}`, "--clear-groups", "--no-new-privs"];
  const namespaces = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"];
  const inside = ["sh", "-c", request.enterScript, "sh", ...request.enterArguments, ...request.bwrapArguments];
  const joins = [String(request.cgroupJoins.length), ...request.cgroupJoins];
  const child = spawn("/bin/sh", ["-c", preamble, "sh", ...joins, ...drop, ...namespaces, ...inside], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe", "pipe"],
    env: request.environment,
    cwd: request.snapshotPath,
    detached: true,
  });
  const exited = new Promise<string | null>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", () => resolve(null));
  });
  const [control, shellInput, output] = child.stdio.slice(3) as [Duplex, Duplex, Duplex];
  output.on("error", () => output.destroy());
  return { child, control, shellInput, output, exited };
}

/** Settles when every process of the sandbox has let go of its output, or soon where one cannot. */
export async function closeSandbox(launched: Launched, cgroup: SandboxCgroup | null): Promise<void> {
  const silent = new Promise<void>((resolve) => launched.output.once("close", resolve));
  killGroup(launched.child);
  await launched.exited;
  launched.output.resume();
  await within(silent, goneMs);
  launched.output.destroy();
  await cgroup?.remove();
}

/** The first process and those it was about to become: one that is just being born would outlive its parent. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}
