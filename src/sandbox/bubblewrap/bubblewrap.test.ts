import { createBubblewrap } from "./bubblewrap.ts";
import { sandboxConformance } from "../conformance.ts";

const backend = createBubblewrap();
const failed = (await backend.probe()).find((check) => !check.ok);
sandboxConformance("bubblewrap", {
  backend,
  unable: failed === undefined ? null : `${failed.check}: ${failed.detail}`,
  notIsolated: null,
  memoryUnbounded: null,
});
