import { existsSync } from "node:fs";
import { whyNoEngine } from "../src/sandbox/docker/test-engine.conformance.ts";
import { debianTar, makeDebianTar } from "../src/sandbox/docker/test-images.conformance.ts";

/** Once a checkout, before all tests, and only where a clean clone is tried: it takes a minute. */
export function setup(): void {
  if (process.env["CI"] === "true" && whyNoEngine() === null && !existsSync(debianTar)) makeDebianTar();
}
