import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Patches with more than `most` lines added and removed, blank ones and all files counted (paper.md §3.3). */
export function editedLines({ patchSize }: Pick<Judged, "patchSize">, most: number): Verdict {
  return leavesIf(patchSize === null ? null : patchSize.added + patchSize.removed > most);
}
