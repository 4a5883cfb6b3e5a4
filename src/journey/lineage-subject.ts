import { contentId } from "../base/hash.ts";
import type { Lineage } from "../records/lineage.ts";

/**
 * What hints and demonstrations are drawn by, together with the seed: the function in its snapshot. Runs that differ in teacher, dialect
 * or toolset alone so ask about the same functions in the same words, and can be compared pair by pair.
 */
export function subjectOf({ snapshot, site }: Lineage): string {
  return contentId(["subject", snapshot, site]);
}
