import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { sandboxConformance } from "../conformance.ts";
import { createDocker } from "./docker.ts";
import { clearAway, hasProgram } from "./test-engine.conformance.ts";
import { makeBusyboxTar, whyNoBusybox } from "./test-images.conformance.ts";

const folder = mkdtempSync(join(tmpdir(), "apprentice-podman-"));
const socket = join(folder, "podman.sock");
const unable = whyNoPodman() ?? whyNoBusybox();
const stop = unable === null ? await startPodman() : null;
const backend = createDocker({ cacheRoot: join(folder, "cache"), environment: { DOCKER_HOST: `unix://${socket}` } });

describe("podman", () => {
  afterAll(async () => {
    await stop?.();
    clearAway(folder, "conmon");
  });

  sandboxConformance("docker, of podman, in an image of busybox alone", {
    backend,
    unable,
    image: unable === null ? makeBusyboxTar(folder) : null,
    notIsolated: null,
    nestsUsers: "podman's seccomp profile lets programs make them",
    memoryUnbounded: null,
    diskUnbounded: "podman's storage keeps no quota here",
    noGit: "busybox has no git",
  });
});

function whyNoPodman(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "podman is only started as root on Linux";
  return hasProgram("podman") ? null : "podman is not installed (CI=true npm test installs it, as root on Debian)";
}

/** Podman's service on a folder and a socket of its own. */
async function startPodman(): Promise<() => Promise<void>> {
  const places = ["--root", join(folder, "data"), "--runroot", join(folder, "run"), "--tmpdir", join(folder, "tmp")];
  // crun refuses hosts that have both kinds of cgroups.
  const quiet = ["--cgroup-manager", "cgroupfs", "--events-backend", "none", "--runtime", "runc"];
  const args = ["--pdeathsig", "TERM", "podman", ...places, ...quiet, "system", "service", "--time", "0", `unix://${socket}`];
  const { promise: listens, resolve } = Promise.withResolvers<void>();
  const watcher = watch(folder, () => {
    if (existsSync(socket)) resolve();
  });
  // Its helper leaves a file where it stands, when memory was not enough.
  const service = spawn("setpriv", args, { cwd: folder, stdio: "ignore" });
  const ended = new Promise<void>((done) => service.once("exit", () => done()));
  await Promise.race([listens, ended]);
  watcher.close();
  return async () => {
    service.kill();
    await ended;
    spawnSync("podman", [...places, ...quiet, "rm", "--all", "--force", "--time", "0"], { cwd: folder, stdio: "ignore" });
  };
}
