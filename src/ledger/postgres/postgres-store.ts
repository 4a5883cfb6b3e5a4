import type { Scrubber } from "../../base/secret.ts";
import type { Database } from "./database.ts";

/** What the three stores of a run are opened with. `run`: its id, which all its rows carry. */
export interface PostgresStoreOptions {
  readonly database: Database;
  readonly run: string;
  readonly scrubber: Scrubber;
  readonly write: boolean;
}
