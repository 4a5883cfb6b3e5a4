import type { Result } from "../base/result.ts";
import type { ExportedTree } from "../records/exported-tree.ts";
import type { Failure } from "../records/failure.ts";
import type { Leftover } from "./leftover.ts";

/** A snapshot on this host: a folder with the work tree and its own `.git` of one commit. Never written to. */
export interface SnapshotFolder {
  readonly id: string;
  readonly path: string;
}

/** What a sandbox may use. `null`: not limited by us. */
export interface SandboxLimits {
  readonly memoryMiB: number | null;
  readonly processes: number | null;
  readonly workspaceMiB: number;
  /** Processors' worth of time; left out or null: not limited by us. */
  readonly cpus?: number | null;
}

/** Commands that make a snapshot's place ready in an image, with network; every sandbox of it begins where they ended. */
export interface Setup {
  /** None: all that takes time is an image that must be built. */
  readonly commands: readonly string[];
  /** For all of them together, and for the building of an image. */
  readonly timeoutMs: number;
}

export interface OpenRequest {
  readonly snapshot: SnapshotFolder;
  /** What becomes the sandbox's root: a root folder, a tar, a Dockerfile, or a name that the backend knows; null: the host's allow-listed programs. */
  readonly image: string | null;
  /** Left out: nothing is to be made ready. It is done once, by whoever opens first; the others wait for it. */
  readonly setup?: Setup | null;
  readonly limits: SandboxLimits;
}

/** One thing `doctor` says of a backend: what was tried, whether it holds, and how to mend it. */
export interface SandboxCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly mend: string | null;
}

/**
 * A way to run untrusted commands on a copy-on-write view of a snapshot. A backend never lets a command see the
 * host's files, network, processes, environment or secrets (except `none`, which only runs our own scripted commands), and
 * never leaves a process, mount or folder behind that `sweep` of a later process does not remove.
 */
export interface SandboxBackend {
  readonly kind: string;
  /** The uid that must own a snapshot folder's files; null: whoever runs us. */
  readonly snapshotOwner: number | null;
  /** Folder in which snapshots are unpacked so that this backend can reach them, whatever the mode of a run folder. */
  readonly cacheRoot: string;
  /** Can this backend work here? One row a check; `ok` false in any means no. Never throws. */
  probe(): Promise<SandboxCheck[]>;
  /**
   * What an image is, whatever it is called, for the identity of a run: a hash of its content, or a root folder's path. Fetches it where it
   * is missing, and builds nothing. null: there is none, and none is needed.
   */
  imageId(image: string | null, signal: AbortSignal): Promise<Result<string | null, Failure>>;
  /** Opens a sandbox; fails with boundary `sandbox`. */
  open(request: OpenRequest, signal: AbortSignal): Promise<Result<Sandbox, Failure>>;
  /** Removes what dead processes of this backend left. */
  sweep(): Promise<void>;
  /** What `clean` may remove: sandboxes of dead processes, and the images and snapshots this backend keeps. Changes nothing; never throws. */
  leftovers(): Promise<Leftover[]>;
}

export interface CommandRequest {
  readonly command: string;
  readonly timeoutMs: number;
  /** Output beyond this many bytes is read and dropped, but for its end; counted in `outputBytes`. */
  readonly outputLimitBytes: number;
}

/**
 * What a command did. `output`: standard output and error as they came together, decoded as UTF-8 with replacement.
 * `outputTail`: where output was dropped, the last of it (20,000 bytes at most); else empty.
 * `exitCode`: null where a deadline ended it or it took the shell with it. After `timed-out` the shell lives on
 * (in the same folder) or was opened again there; after `shell-ended` (exit, exec, a killed shell) a new shell stands in the workspace.
 */
export interface CommandResult {
  readonly output: string;
  readonly outputTail: string;
  readonly outputBytes: number;
  readonly ended: "completed" | "timed-out" | "shell-ended";
  readonly exitCode: number | null;
}

/** Why a file could not be read or written, as a value; the agent sees a sentence, the rollout goes on. */
export type FileProblem = "missing" | "is-directory" | "not-directory" | "denied" | "too-large" | "no-space" | "other";

/**
 * One open sandbox: a persistent shell (folder and environment survive from command to command) and a second channel for files, in the sandbox's own
 * view (links resolve inside it). Calls are made one at a time. An `err` means the sandbox itself is unusable.
 */
export interface Sandbox extends AsyncDisposable {
  run(request: CommandRequest, signal: AbortSignal): Promise<Result<CommandResult, Failure>>;
  /** `kind` of an absolute path, links followed; null: nothing there. */
  stat(path: string, signal: AbortSignal): Promise<Result<"file" | "directory" | "other" | null, Failure>>;
  /** Everything beneath a folder down to two levels, hidden entries left out, as absolute paths in byte order, the folder itself first. */
  list(path: string, signal: AbortSignal): Promise<Result<FileList, Failure>>;
  readFile(path: string, limitBytes: number, signal: AbortSignal): Promise<Result<FileRead, Failure>>;
  /** Replaces or creates a file; mode of an existing file stays; parents are not made. */
  writeFile(path: string, bytes: Uint8Array, signal: AbortSignal): Promise<Result<FileWrite, Failure>>;
  /**
   * What the workspace became, with nothing running that could still change it (the shell is stopped first and opened again afterwards in the same folder,
   * environment lost, unless `final`).
   */
  exportTree(request: { readonly final: boolean }, signal: AbortSignal): Promise<Result<ExportedTree, Failure>>;
}

export type FileList = { readonly ok: true; readonly paths: readonly string[] } | { readonly ok: false; readonly problem: FileProblem };
export type FileRead = { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly problem: FileProblem };
export type FileWrite = { readonly ok: true } | { readonly ok: false; readonly problem: FileProblem };
