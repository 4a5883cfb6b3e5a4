import type { Failure } from "./failure.ts";
import type { LineageOutcome } from "./lineage.ts";

/**
 * What came of following one lineage: an outcome, to be stored under `key`; nothing, because it has a final one or is not to be tried; nothing
 * yet, because it was interrupted; or a cause that concerns more than this lineage.
 */
export type Followed =
  | { readonly end: "outcome"; readonly key: string; readonly outcome: LineageOutcome }
  | { readonly end: "nothing-due" }
  | { readonly end: "interrupted" }
  | { readonly end: "stopped"; readonly failure: Failure };
