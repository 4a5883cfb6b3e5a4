import { z } from "zod";

/** Where an expected failure was crossed (design §4). Attributed once, at that boundary. */
export const Boundary = z.enum(["model", "sandbox", "agent", "repository", "engine", "storage"]);
export type Boundary = z.infer<typeof Boundary>;

/**
 * An expected failure, stored where it happened and counted in the report. `code` is kebab-case and stable;
 * `message` is one sentence for a person; `retryable`: may another try end otherwise with nothing changed?
 * `wholeRun`: the cause concerns every lineage (wrong key, disk full), so the run stops and no lineage fails.
 */
export const Failure = z.strictObject({
  boundary: Boundary,
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  wholeRun: z.boolean(),
});
export type Failure = z.infer<typeof Failure>;

/** A failure of one call or lineage that no retry would mend, unless said otherwise. */
export function failure(parts: Pick<Failure, "boundary" | "code" | "message"> & Partial<Failure>): Failure {
  return { retryable: false, wholeRun: false, ...parts };
}
