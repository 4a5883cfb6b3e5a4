import { afterAll, describe } from "vitest";
import { sandboxConformance } from "../conformance.ts";
import { createDocker } from "./docker.ts";
import { TestEngine, whyNoEngine } from "./test-engine.conformance.ts";
import { debianTar, makeBusyboxTar, whyNoBusybox, whyNoDebian } from "./test-images.conformance.ts";

const noEngine = whyNoEngine();
const engine = noEngine === null ? new TestEngine() : null;
await engine?.start();
const backend = engine?.backend() ?? createDocker({ environment: {} });
const disk = (await backend.probe()).find(({ check }) => check === "disk limit");
const diskUnbounded = disk === undefined || disk.mend === null ? null : disk.detail;
const common = { backend, notIsolated: null, memoryUnbounded: null, diskUnbounded };

describe("docker", () => {
  afterAll(async () => await engine?.[Symbol.asyncDispose]());

  const noBusybox = noEngine ?? whyNoBusybox();
  const busybox = noBusybox === null && engine !== null ? makeBusyboxTar(engine.folder) : null;
  const noGit = "busybox has no git";
  sandboxConformance("docker, in an image of busybox alone", { ...common, unable: noBusybox, image: busybox, noGit });

  const unable = noEngine ?? whyNoDebian();
  sandboxConformance("docker, in an image of Debian", { ...common, unable, image: debianTar, noGit: null });
});
