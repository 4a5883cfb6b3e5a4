import { createPlainProcesses } from "./none.ts";
import { sandboxConformance } from "../conformance.ts";

sandboxConformance("none", {
  backend: createPlainProcesses(),
  unable: null,
  notIsolated: "plain processes of this host are neither kept from it nor bounded",
  memoryUnbounded: null,
  diskUnbounded: "nothing bounds plain processes",
  image: null,
  noGit: null,
});
