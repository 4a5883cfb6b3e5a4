import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readlink, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import type { ShellKeeper } from "../framed-shell.ts";
import { labelOf } from "../process-label.ts";

export interface PlainShellParts {
  readonly workspace: string;
  /** Where the pipe of the commands' output gets its name. */
  readonly pipePath: string;
  /** Gets the label of each shell, for a sweep after our death. */
  readonly labelPath: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Carries what commands print, over a pipe that they can open again as /dev/stdout, until it is killed. $1: the pipe. */
const carry = 'mkfifo -m 600 "$1" && exec 8<>"$1" && printf "ready\\n" && exec cat <&8';
/** $1: the secret; $2: the pipe, which is the shell's fd 9. */
const openShell = `exec 9>"$2"
printf '\\n%s opened %s\\n' "$1" "$$" >&9
if command -v bash >/dev/null; then exec bash; fi
exec sh`;
const sayEnd = `printf '\\n%s ended %s\\n' "$1" "$3" >"$2"`;

/** Shells as plain children of ours, each the first of a process group; opened again as one ends. */
export class PlainShell implements ShellKeeper {
  readonly secret = randomBytes(16).toString("hex");
  readonly output: Readable;
  readonly #parts: PlainShellParts;
  readonly #carrier: ChildProcess;
  #child: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: PlainShellParts) {
    this.#parts = parts;
    this.#carrier = spawn("/bin/sh", ["-c", carry, "sh", parts.pipePath], { stdio: ["ignore", "pipe", "ignore"], detached: true });
    this.#carrier.on("error", () => {});
    this.output = this.#carrier.stdout ?? Readable.from([]);
    this.output.once("data", () => this.#open());
  }

  write(text: string): void {
    this.#child?.stdin?.write(text);
  }

  async killDescendants(shellPid: number): Promise<string | null> {
    const folder = await folderOf(shellPid);
    for (const pid of await descendants(shellPid)) killQuietly(pid);
    return folder;
  }

  async killAll(shellPid: number): Promise<string | null> {
    const folder = await folderOf(shellPid);
    const exited = this.#exited;
    const pids = await descendants(shellPid);
    killQuietly(-shellPid);
    for (const pid of pids) killQuietly(pid);
    await exited;
    return folder;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const pid = this.#child?.pid;
    if (pid !== undefined) await this.killAll(pid);
    await this.#exited;
    this.#carrier.kill("SIGKILL");
    this.output.destroy();
  }

  #open(): void {
    if (this.#closed) return;
    const { pipePath, workspace, labelPath, environment } = this.#parts;
    const child = spawn("/bin/sh", ["-c", openShell, "sh", this.secret, pipePath], {
      stdio: ["pipe", "ignore", "ignore"],
      env: environment,
      cwd: workspace,
      detached: true,
    });
    child.stdin?.on("error", () => {});
    this.#child = child;
    if (child.pid !== undefined) void labelOf(child.pid).then((label) => writeFile(labelPath, label).catch(() => null));
    this.#exited = new Promise((resolve) => {
      child.on("error", () => resolve());
      child.on("exit", (code, signal) => {
        resolve();
        this.#reopen(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  }

  /** Said by a child, because our own write would wait for ever on a pipe that only we empty. */
  #reopen(exitCode: number): void {
    if (this.#closed) return;
    const say = spawn("/bin/sh", ["-c", sayEnd, "sh", this.secret, this.#parts.pipePath, String(exitCode)], {
      stdio: "ignore",
      detached: true,
    });
    say.on("error", () => {});
    say.on("exit", () => this.#open());
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

async function folderOf(pid: number): Promise<string | null> {
  return await readlink(`/proc/${pid}/cwd`).catch(() => null);
}

async function descendants(root: number): Promise<number[]> {
  const listed = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]).catch(() => ({ stdout: "" }));
  const children = new Map<number, number[]>();
  for (const line of listed.stdout.split("\n")) {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let queue = children.get(root) ?? []; queue.length > 0; queue = queue.flatMap((pid) => children.get(pid) ?? []))
    found.push(...queue);
  return found;
}
