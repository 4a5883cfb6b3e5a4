import type { Ledger } from "../../ledger/ledger.ts";
import { modelOf } from "../../records/run.ts";
import type { DatasetManifest } from "./dataset-manifest.ts";

/** What a manifest says of the runs that samples were taken from, in the order given; a ledger of imported rows alone has no run. */
export async function runOrigins(ledgers: readonly Ledger[]): Promise<DatasetManifest["runs"]> {
  const origins: DatasetManifest["runs"] = [];
  for (const ledger of ledgers) {
    for await (const { record } of ledger.list("run")) {
      origins.push({ identityHash: record.identityHash, tool: record.tool, model: modelOf(record) });
    }
  }
  return origins;
}
