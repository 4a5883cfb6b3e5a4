import type { SandboxLimits } from "../sandbox.ts";
import type { Ulimit } from "./host-ulimits.ts";
import { insideUser } from "./names.ts";

/** Which limits the engine said it can keep. */
export interface EngineLimits {
  readonly memory: boolean;
  readonly processes: boolean;
  readonly cpus: boolean;
  /** Of what a container writes, by its storage driver. Learnt by trying; null: not tried yet. */
  disk: boolean | null;
  /** What each container must be told, because the engine would ask for more than its host allows. */
  readonly ulimits: readonly Ulimit[];
}

/** Processes of ours in a container: the supervisor, its child, the shell's keeper, the shell, and what those run. */
const ownProcesses = 16;
const mebibyte = 1024 * 1024;

/** What every command finds in its environment, besides what the image sets. */
const environment = ["HOME=/tmp", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "PAGER=cat", "GIT_PAGER=cat", "MANPAGER=cat"];

export interface ContainerRequest {
  readonly image: string;
  readonly limits: SandboxLimits;
  readonly enforced: EngineLimits;
  /** Text of supervisor.sh. */
  readonly script: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A sandbox as the Engine API's request for a container. Its first process is the supervisor, whose end (as when our end of its input
 * closes because we died) is the container's, which the engine then removes.
 */
export function containerSettings(request: ContainerRequest): object {
  return {
    ...serving(request),
    User: insideUser,
    Env: environment,
    Hostname: "sandbox",
    NetworkDisabled: true,
    HostConfig: hostConfig(request),
  };
}

/** What all our containers are: the supervisor's script, spoken with over its standard input and output. */
function serving({ image, script, labels }: Pick<ContainerRequest, "image" | "labels" | "script">): object {
  return {
    Image: image,
    Entrypoint: ["sh", "-c", script, "sh", "serve"],
    Cmd: [],
    WorkingDir: "/testbed",
    Labels: labels,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    // Nothing in it would heed another, and an engine that is shut down need not wait.
    StopSignal: "SIGKILL",
    Healthcheck: { Test: ["NONE"] },
  };
}

function hostConfig({ limits, enforced }: ContainerRequest): object {
  const memory = enforced.memory && limits.memoryMiB !== null ? limits.memoryMiB * mebibyte : null;
  const processes = enforced.processes && limits.processes !== null ? limits.processes + ownProcesses : null;
  const cpus = enforced.cpus && typeof limits.cpus === "number" ? limits.cpus : null;
  const fileBytes = limits.workspaceMiB * mebibyte;
  return {
    NetworkMode: "none",
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    IpcMode: "private",
    AutoRemove: true,
    Init: false,
    // What the supervisor says would else be kept on the engine's disk a second time.
    LogConfig: { Type: "none", Config: {} },
    Tmpfs: { "/tmp": `rw,exec,nosuid,nodev,mode=1777,size=${limits.workspaceMiB}m` },
    ShmSize: 64 * mebibyte,
    Ulimits: [...enforced.ulimits, { Name: "core", Soft: 0, Hard: 0 }, { Name: "fsize", Soft: fileBytes, Hard: fileBytes }],
    ...(memory === null ? {} : { Memory: memory, MemorySwap: memory }),
    ...(processes === null ? {} : { PidsLimit: processes }),
    ...(cpus === null ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(enforced.disk === false ? {} : { StorageOpt: { size: `${limits.workspaceMiB}m` } }),
  };
}

/** Of the folder through which we speak with programs that run as root. */
const tmpfsOptions = "rw,noexec,nosuid,nodev,mode=700,size=128m";

/** A container that is filled and committed, as root and without network; started only where the image has a workspace. Nothing of `tmpfs` is committed. */
export function fillingSettings(request: Pick<ContainerRequest, "image" | "labels" | "enforced" | "script">, tmpfs: string): object {
  return {
    ...serving(request),
    User: "0:0",
    WorkingDir: "/",
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: "none",
      SecurityOpt: ["no-new-privileges"],
      LogConfig: { Type: "none", Config: {} },
      Tmpfs: { [tmpfs]: tmpfsOptions },
      Ulimits: request.enforced.ulimits,
    },
  };
}

/** The container in which set-up commands run: as root, with the network as the engine's host has it. Nothing of `tmpfs` is committed. */
export function setupSettings(request: Pick<ContainerRequest, "image" | "labels" | "enforced" | "script">, tmpfs: string): object {
  return {
    ...serving(request),
    User: "0:0",
    Env: ["HOME=/root", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "PAGER=cat", "GIT_PAGER=cat", "MANPAGER=cat"],
    HostConfig: {
      NetworkMode: "host",
      SecurityOpt: ["no-new-privileges"],
      IpcMode: "private",
      AutoRemove: true,
      Init: false,
      LogConfig: { Type: "none", Config: {} },
      Tmpfs: { [tmpfs]: tmpfsOptions },
      Ulimits: request.enforced.ulimits,
    },
  };
}
