import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Rollouts that changed nothing. */
export function emptyPatch({ patchSize }: Pick<Judged, "patchSize">): Verdict {
  return leavesIf(patchSize === null ? null : patchSize.files === 0);
}
