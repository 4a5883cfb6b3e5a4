import type { Readable, Writable } from "node:stream";
import { execa } from "execa";
import { unreachable } from "../base/result.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";

/** One call of git. `gitDir` absent: git looks for the repository from `folder` upwards. */
export interface GitCall {
  readonly args: readonly string[];
  readonly gitDir?: string;
  /** Working folder of the process; absent: `gitDir`. */
  readonly folder?: string;
  /** Places only (GIT_INDEX_FILE, GIT_WORK_TREE, …); the hardening below is not meant to be undone here. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Settings of this call, stronger than any file of the repository. */
  readonly config?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string;
  /** With the user's own settings, credential helpers and environment: only to fetch from an address of theirs. */
  readonly asUser?: boolean;
}

/** How git ended. `exitCode` null: ended by a signal, or never started. Every exit is a value; git never makes this throw. */
export interface GitExit {
  readonly exitCode: number | null;
  readonly ended: "exited" | "killed" | "cancelled" | "not-started";
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * A git that is running. `output` must be read to its end or `kill` called; it just ends when git dies, and `exit` (whose
 * own `stdout` is empty) says how.
 */
export interface GitProcess {
  readonly stdin: Writable;
  readonly output: AsyncIterable<Buffer>;
  readonly exit: Promise<GitExit>;
  /** Ends it, when it still runs; repeatable. */
  kill(): void;
}

/**
 * Settings that run programs, reach a network or change bytes, all put to rest. They are command-line settings, which
 * win over a repository's own; what git takes from attributes (filter, textconv, diff drivers) has no setting without a
 * driver's name, so callers never let git touch a user's work tree with the user's own git folder.
 */
const hardenedConfig: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.pager": "cat",
  "core.editor": "false",
  "core.askPass": "",
  "core.sshCommand": "false",
  "core.gitProxy": "",
  "core.alternateRefsCommand": "true",
  "core.attributesFile": "/dev/null",
  "core.excludesFile": "/dev/null",
  "core.autocrlf": "false",
  "core.safecrlf": "false",
  "core.eol": "lf",
  // Trees are never checked out on other systems' file systems from here, and their odd names are lawful on this one.
  "core.protectNTFS": "false",
  "core.protectHFS": "false",
  "core.quotePath": "true",
  "core.fsync": "none",
  "credential.helper": "",
  "diff.external": "",
  "gc.auto": "0",
  "gpg.program": "false",
  "log.showSignature": "false",
  "log.mailmap": "false",
  "maintenance.auto": "false",
  "protocol.allow": "never",
  // Folders owned by another account are lawful input, because nothing in them is run.
  "safe.directory": "*",
  "submodule.recurse": "false",
};

/** What must hold also where the user's own settings do: nothing is run, nothing waits for a person. */
const configAsUser: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "fetch.recurseSubmodules": "false",
  "gc.auto": "0",
  "maintenance.auto": "false",
  "submodule.recurse": "false",
};

const hardenedEnvironment: Readonly<Record<string, string>> = {
  GIT_ALLOW_PROTOCOL: "",
  GIT_ASKPASS: "false",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_EDITOR: "false",
  // /dev/null would do, but for a hint at every call.
  GIT_GRAFT_FILE: "/dev/null/none",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_NO_LAZY_FETCH: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_PAGER: "cat",
  GIT_SSH_COMMAND: "false",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
  TZ: "UTC",
};

/** Runs git to its end and keeps its output whole, however long. */
export async function runGit(call: GitCall, signal: AbortSignal): Promise<GitExit> {
  const isStopped = signal.aborted;
  const result = await execa("git", ["--no-pager", ...call.args], {
    ...commonOptions(call, signal),
    ...(call.input === undefined ? { stdin: "ignore" as const } : { input: call.input }),
  });
  return exitOf(result, Buffer.from(result.stdout), isStopped);
}

/** Starts git with both ends as streams, for what is too long to hold or is asked piece by piece. */
export function startGit(call: GitCall, signal: AbortSignal): GitProcess {
  const options = { ...commonOptions(call, signal), stdin: "pipe" as const, buffer: { stdout: false, stderr: true } };
  const isStopped = signal.aborted;
  const child = execa("git", ["--no-pager", ...call.args], options);
  // A reader that is late must still find the error of a git that could not start or died early: it comes by `exit`.
  child.stdin.on("error", () => {});
  return {
    stdin: child.stdin,
    output: chunksOf(child.stdout),
    exit: child.then((result) => exitOf(result, Buffer.alloc(0), isStopped)),
    kill: () => {
      child.kill();
      // Bytes that nobody reads would keep the exit from being told.
      child.stdin.destroy();
      child.stdout.destroy();
    },
  };
}

async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    // A killed child's pipe breaks off; anything else is a bug of the reader.
    if (!stream.destroyed) throw error;
  }
}

/** The failure that an exit means, for a person. `doing` completes "git failed while …". */
export function gitFailure(doing: string, exit: GitExit): Failure {
  switch (exit.ended) {
    case "not-started":
      return failure({
        boundary: "repository",
        code: "git-missing",
        message: `git could not be started (${exit.stderr}): have git 2.39 or newer on PATH, and leave the folders of temporary files alone`,
        wholeRun: true,
      });
    case "cancelled":
      return failure({ boundary: "repository", code: "cancelled", message: `stopped while ${doing}`, retryable: true });
    case "killed":
      return failure({ boundary: "repository", code: "git-killed", message: `git was killed while ${doing}`, retryable: true });
    case "exited":
      return failure({
        boundary: "repository",
        code: "git-failed",
        message: `git failed while ${doing} (exit ${exit.exitCode}): ${complaint(exit.stderr)}`,
      });
    default:
      return unreachable(exit.ended);
  }
}

/** The line of git's standard error that says most: the first fatal or error line, else the first. */
export function complaint(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /^(fatal|error): /.test(line)) ?? lines[0] ?? "no message";
}

function commonOptions(call: GitCall, signal: AbortSignal) {
  const folder = call.folder ?? call.gitDir;
  return {
    extendEnv: false,
    env: environmentOf(call),
    encoding: "buffer" as const,
    maxBuffer: Number.POSITIVE_INFINITY,
    stripFinalNewline: false,
    reject: false as const,
    cancelSignal: signal,
    forceKillAfterDelay: 1000,
    // A group of its own: Ctrl-C in a terminal is for us, who finish what is under way, and not for git.
    detached: true,
    ...(folder === undefined ? {} : { cwd: folder }),
  };
}

function environmentOf(call: GitCall): Record<string, string> {
  const environment: Record<string, string> = call.asUser === true ? usersEnvironment() : { PATH: path(), ...hardenedEnvironment };
  const config = Object.entries({ ...(call.asUser === true ? configAsUser : hardenedConfig), ...call.config });
  environment["GIT_CONFIG_COUNT"] = String(config.length);
  for (const [index, [key, value]] of config.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  if (call.gitDir !== undefined) environment["GIT_DIR"] = call.gitDir;
  return { ...environment, ...call.environment };
}

function path(): string {
  return process.env["PATH"] ?? "/usr/bin:/bin";
}

/** All but what would name another repository than the one that is fetched. No terminal is at hand, so nothing is asked there. */
function usersEnvironment(): Record<string, string> {
  const places =
    /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|TEMPLATE_DIR|CONFIG_COUNT|CONFIG_KEY_.*|CONFIG_VALUE_.*)$/;
  const kept = Object.entries(process.env).flatMap(([name, value]) => (value === undefined || places.test(name) ? [] : [[name, value]]));
  return { ...Object.fromEntries(kept), PATH: path(), GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
}

interface ExecaExit {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly isCanceled: boolean;
  readonly stderr: unknown;
  /** What the operating system said of a start that failed. */
  readonly code?: string | undefined;
}

/** `isStopped`: before it began; a git that was quicker than its end is stopped as well. */
function exitOf(result: ExecaExit, stdout: Buffer, isStopped: boolean): GitExit {
  const said = result.stderr instanceof Uint8Array ? Buffer.from(result.stderr).toString("utf8") : "";
  const ended = isStopped ? "cancelled" : endedOf(result);
  return { exitCode: result.exitCode ?? null, ended, stdout, stderr: ended === "not-started" ? (result.code ?? "") : said };
}

function endedOf(result: ExecaExit): GitExit["ended"] {
  if (result.isCanceled) return "cancelled";
  if (result.exitCode !== undefined) return "exited";
  return result.signal === undefined ? "not-started" : "killed";
}
