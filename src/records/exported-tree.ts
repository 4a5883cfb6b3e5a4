import type { Readable } from "node:stream";
import type { Failure } from "./failure.ts";

/**
 * What a sandbox's workspace became, as a tar (paths relative to it, `.git` folders left out, overlay markers already translated).
 * `delta`: only what differs from the snapshot, with the paths that are gone in `deleted` (a folder's path stands for
 * all beneath it; deletions come before the tar is laid over). `full`: everything; what is not in the tar is gone.
 * The stream is consumed once, or destroyed. Where it breaks off for a cause that is known, its error is an `ExportEnded`.
 */
export interface ExportedTree {
  readonly kind: "delta" | "full";
  readonly deleted: readonly string[];
  readonly tar: Readable;
}

/** Why an export broke off while it was read, as where the sandbox's engine went away. */
export class ExportEnded extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}
