import { createBubblewrap } from "./bubblewrap.ts";
import { sandboxConformance } from "../conformance.ts";
import { whyUnable } from "../why-unable.conformance.ts";

const backend = createBubblewrap();
sandboxConformance("bubblewrap", {
  backend,
  unable: await whyUnable(backend),
  notIsolated: null,
  memoryUnbounded: null,
  diskUnbounded: null,
  image: null,
  noGit: null,
});
