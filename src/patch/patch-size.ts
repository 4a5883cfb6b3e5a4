import type { PatchSize } from "../records/rollout.ts";
import type { ParsedPatch } from "./parsed-patch.ts";

/** Files touched, and lines added and removed, blank ones included (paper.md §3.3 counts them so). */
export function patchSize(patch: ParsedPatch): PatchSize {
  let added = 0;
  let removed = 0;
  for (const hunk of patch.files.flatMap((file) => file.hunks)) {
    for (const { sign } of hunk.lines) {
      if (sign === "+") added++;
      if (sign === "-") removed++;
    }
  }
  return { files: patch.files.length, added, removed };
}
