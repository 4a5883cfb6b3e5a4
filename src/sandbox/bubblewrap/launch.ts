import { spawn, type ChildProcess } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";

export interface Launch {
  readonly snapshotPath: string;
  readonly user: number | null;
  /** Files into which the first process writes its pid before it drops to `user`. */
  readonly cgroupJoins: readonly string[];
  readonly workspaceMiB: number;
  readonly bwrapArguments: readonly string[];
  /** Text of enter.sh. */
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
  const inside = ["sh", "-c", request.enterScript, "sh", String(request.workspaceMiB), ...request.bwrapArguments];
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
