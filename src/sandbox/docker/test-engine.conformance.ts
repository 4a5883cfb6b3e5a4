import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buffer as readAll } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { SandboxBackend } from "../sandbox.ts";
import { createDocker, type DockerOptions } from "./docker.ts";
import { Engine } from "./engine.ts";

const never = new AbortController().signal;

/** Why tests cannot start an engine of their own here; null: they can. */
export function whyNoEngine(): string | null {
  if (process.platform !== "linux") return "an engine for tests is only started on Linux";
  if (process.getuid?.() !== 0) return "only root may start an engine for tests";
  const missing = ["dockerd", "containerd", "runc"].find((program) => !hasProgram(program));
  return missing === undefined ? null : `${missing} is not installed (CI=true npm test installs it, as root on Debian)`;
}

export function hasProgram(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}

/** Docker's engine on a folder and a socket of its own, so that no engine of this host is touched. It has no network but none. */
export class TestEngine implements AsyncDisposable {
  readonly folder: string;
  #daemon: ChildProcess | null = null;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "apprentice-dockerd-"));
  }

  get socket(): string {
    return join(this.folder, "engine.sock");
  }

  get environment(): { readonly DOCKER_HOST: string } {
    return { DOCKER_HOST: `unix://${this.socket}` };
  }

  /** A backend on this engine; its notes lie beside the engine's own files. */
  backend(options: DockerOptions = {}): SandboxBackend {
    return createDocker({ cacheRoot: join(this.folder, "cache"), environment: this.environment, ...options });
  }

  /** Settles when it answers. */
  async start(): Promise<void> {
    mkdirSync(join(this.folder, "cache"), { recursive: true });
    const { folder } = this;
    writeFileSync(join(folder, "settings.json"), "{}");
    const places = ["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec"), "-p", join(folder, "pid")];
    const quiet = [
      "--config-file",
      join(folder, "settings.json"),
      "--bridge",
      "none",
      "--iptables=false",
      "--ip-forward=false",
      "--ip-masq=false",
    ];
    // The engine must not outlive us, however we end.
    const args = ["--pdeathsig", "TERM", "dockerd", ...quiet, ...places, "-H", `unix://${this.socket}`];
    const daemon = spawn("setpriv", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#daemon = daemon;
    const words: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    createInterface({ input: daemon.stderr }).on("line", (line) => {
      if (words.push(line) > 20) words.shift();
      if (line.includes("API listen on")) resolve();
    });
    daemon.once("exit", () => reject(new Error(`dockerd ended: ${words.join("\n")}`)));
    await promise;
  }

  /** As when somebody stops or kills it; what it holds on disk stays. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === null || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const exited = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill(signal);
    await exited;
    if (signal !== "SIGKILL") return;
    endHelpers(this.folder, "containerd.toml");
    // A number that is nobody's child is not soon free, and a new engine would wait for that process.
    rmSync(join(this.folder, "exec/containerd/containerd.pid"), { force: true });
  }

  /** What the engine answers to a question. */
  async ask(path: string): Promise<unknown> {
    return await this.#engine.json({ method: "GET", path }, never);
  }

  async tell(path: string, method: "POST" | "DELETE" = "POST", body?: object): Promise<unknown> {
    return await this.#engine.json({ method, path, ...(body === undefined ? {} : { body }) }, never);
  }

  /** As `docker import` does it. */
  async importImage(tar: string, name: string): Promise<void> {
    const [repo = "", tag = ""] = name.split(":");
    const call = { method: "POST", path: "/images/create", query: { fromSrc: "-", repo, tag }, body: createReadStream(tar) } as const;
    await readAll(await this.#engine.ask(call, never));
  }

  /** As `docker save` does it. */
  async saveImage(name: string, tar: string): Promise<void> {
    await pipeline(await this.#engine.ask({ method: "GET", path: `/images/${name}/get` }, never), createWriteStream(tar));
  }

  /** As a user may who tidies up: all images that we made. */
  async removeOurs(): Promise<void> {
    const images = (await this.ask("/images/json")) as { readonly Id: string; readonly RepoTags: readonly string[] | null }[];
    const ours = (wanted: string) => images.filter(({ RepoTags }) => RepoTags?.some((tag) => tag.startsWith(wanted)) === true);
    for (const { Id } of ["setup", "snapshot", "plain", "build", "image"].flatMap((kind) => ours(`apprentice-${kind}`)))
      await this.tell(`/images/${Id}?force=1`, "DELETE");
  }

  get #engine(): Engine {
    return new Engine({ kind: "socket", path: this.socket });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    clearAway(this.folder, "containerd");
  }
}

/** Removes what an engine that has ended leaves of its folder. */
export function clearAway(folder: string, helpers: string): void {
  endHelpers(folder, helpers);
  for (const mounted of mountsUnder(folder)) spawnSync("umount", ["-l", mounted]);
  rmSync(folder, { recursive: true, force: true });
}

/** An engine's own processes outlive it. `words`: among their arguments, beside its folder. */
function endHelpers(folder: string, words: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const text = argumentsOf(pid);
    if (text.includes(folder) && text.includes(words)) endProcess(Number(pid));
  }
}

/** It may be gone by now. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

function mountsUnder(folder: string): string[] {
  const mounts = spawnSync("cat", ["/proc/self/mounts"], { encoding: "utf8" }).stdout.split("\n");
  return mounts
    .map((line) => line.split(" ")[1] ?? "")
    .filter((place) => place.startsWith(folder))
    .reverse();
}
