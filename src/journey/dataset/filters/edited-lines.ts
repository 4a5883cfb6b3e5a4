import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Patches with more than `most` lines added and removed, blank ones and all files counted (paper.md §3.3). */
export function editedLines({ sample: { patchSize } }: Judged, most: number): Verdict {
  return patchSize === null ? "unknown" : leavesIf(patchSize.added + patchSize.removed > most);
}
