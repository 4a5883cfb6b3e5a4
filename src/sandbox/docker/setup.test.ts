import { afterAll, describe } from "vitest";
import type { NetworkUser } from "../network-settings.ts";
import type { SandboxBackend } from "../sandbox.ts";
import { setupConformance } from "../setup.conformance.ts";
import { createDocker } from "./docker.ts";
import { TestEngine, whyNoEngine } from "./test-engine.conformance.ts";
import { debianTar, whyNoDebian } from "./test-images.conformance.ts";

const noEngine = whyNoEngine() ?? whyNoDebian();
const engine = noEngine === null ? new TestEngine() : null;
await engine?.start();

describe("docker", () => {
  afterAll(async () => await engine?.[Symbol.asyncDispose]());

  const backend = (networkUser: NetworkUser): SandboxBackend => engine?.backend({ networkUser }) ?? createDocker({ environment: {} });
  setupConformance("docker", { backend, unable: noEngine, image: () => debianTar });
});
