import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Rollouts that changed nothing. */
export function emptyPatch({ sample: { patchSize } }: Judged): Verdict {
  return patchSize === null ? "unknown" : leavesIf(patchSize.files === 0);
}
