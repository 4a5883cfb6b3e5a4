import type { PatchSize } from "../../../records/rollout.ts";
import type { Sample } from "../../../records/sample.ts";

/**
 * What filters judge a sample by. Null throughout: not known. `accepted`: what the self-check said; `heldOut`: whether one of the runs
 * holds its commit out; `repeats`: how often the same calls come in a row; `onlyTests`, `scratchFiles`: of its patch; `toolTokens`: tokens of a
 * tool's output in the mean, with the marks of its turn, by the student's own tokenizer.
 */
export interface Judged {
  readonly kind: Sample["kind"];
  readonly exit: string | null;
  readonly patchSize: PatchSize | null;
  readonly accepted: boolean | null;
  readonly heldOut: boolean | null;
  readonly repeats: number;
  readonly onlyTests: boolean | null;
  readonly scratchFiles: boolean | null;
  readonly toolTokens: number | null;
}

/** `unknown`: what the filter asks is not known of this sample; it stays, and is counted. */
export type Verdict = "stays" | "leaves" | "unknown";

/** Leaves where something is so; null: not known. */
export function leavesIf(leaves: boolean | null): Verdict {
  return leaves === null ? "unknown" : leaves ? "leaves" : "stays";
}
