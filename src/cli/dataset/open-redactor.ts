import type { RunStore } from "../../ledger/run-store.ts";
import type { Redactor } from "../../redact/redactor.ts";
import { usageError } from "../command.ts";

/** Stand-in until branch redact is merged. */
export async function openRedactor(_runs: readonly RunStore[]): Promise<Redactor> {
  throw usageError("--redact is not there yet.");
}
