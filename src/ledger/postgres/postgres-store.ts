import type { Scrubber } from "../../base/secret.ts";
import { failure } from "../../records/failure.ts";
import { StorageError } from "../storage-error.ts";
import type { Database } from "./database.ts";

/** What the three stores of a run are opened with. `run`: its id, which all its rows carry. */
export interface PostgresStoreOptions {
  readonly database: Database;
  readonly run: string;
  readonly scrubber: Scrubber;
  readonly write: boolean;
}

/**
 * The right to write about one subject, a lineage: whoever got the newest token has it. A process that was taken for dead and comes back
 * finds its writes refused, so that two never write about one lineage.
 */
export interface Lease {
  readonly subject: string;
  /** From a sequence of the database, as text: it may be larger than a number holds. */
  readonly token: string;
}

/** For writes under a lease that another process has by now; the failure's code is `lease-lost`. */
export function leaseLost(): StorageError {
  return new StorageError(failure({ boundary: "storage", code: "lease-lost", message: "Another worker has taken this lineage over." }));
}
