import type { ParsedPatch } from "../../../patch/parsed-patch.ts";
import type { Sample } from "../../../records/sample.ts";

/**
 * What a filter judges by. Null throughout: not known. `patch`: the rollout's own, read only where a filter asks for it; `accepted`: what
 * the self-check said; `heldOut`: whether one of the runs holds its commit out; `toolTokens`: tokens of a tool's output in the mean,
 * with the marks of its turn, by the student's own tokenizer.
 */
export interface Judged {
  readonly sample: Sample;
  readonly patch: ParsedPatch | null;
  readonly accepted: boolean | null;
  readonly heldOut: boolean | null;
  readonly toolTokens: number | null;
}

/** `unknown`: what the filter asks is not known of this sample; it stays, and is counted. */
export type Verdict = "stays" | "leaves" | "unknown";

export function leavesIf(leaves: boolean): Verdict {
  return leaves ? "leaves" : "stays";
}
