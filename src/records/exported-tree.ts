import type { Readable } from "node:stream";

/**
 * What a sandbox's workspace became, as a tar (paths relative to it, `.git` folders left out, overlay markers already translated).
 * `delta`: only what differs from the snapshot, with the paths that are gone in `deleted` (a folder's path stands for
 * all beneath it; deletions come before the tar is laid over). `full`: everything; what is not in the tar is gone.
 * The stream is consumed once, or destroyed.
 */
export interface ExportedTree {
  readonly kind: "delta" | "full";
  readonly deleted: readonly string[];
  readonly tar: Readable;
}
