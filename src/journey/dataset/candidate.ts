import type { Truncation } from "../../tokens/truncate.ts";
import type { PatchSketch } from "./filters/near-duplicates.ts";
import type { SampleRef } from "./run-reader.ts";

/**
 * What of a sample the choice needs, held for every sample at once, so that no text is among it. `edited`: lines of its patch; `cuts`: what
 * each context that was asked for leaves of it, null where not even one turn fits; `tokens`: of all of it; null: not counted.
 */
export interface Candidate {
  readonly ref: SampleRef;
  readonly id: string;
  readonly kind: "t1" | "t2" | null;
  readonly repository: string | null;
  readonly path: string | null;
  readonly qualifiedName: string | null;
  readonly language: string | null;
  readonly claim: string | null;
  readonly recall: number | null;
  readonly precision: number | null;
  readonly sizeRatio: number | null;
  readonly steps: number;
  readonly edited: number | null;
  readonly tokens: number | null;
  readonly cuts: ReadonlyMap<number, Truncation | null>;
  readonly sketch: PatchSketch | null;
}

/** A candidate and what its context leaves of it; `cut` null: nothing was cut and nothing counted. */
export interface Chosen {
  readonly candidate: Candidate;
  readonly cut: Truncation | null;
}
