import type { RunStore } from "../../ledger/run-store.ts";
import { createRedactor, type Redactor } from "../../redact/redactor.ts";
import { redactionKey } from "../compose.ts";

/**
 * What redacts the samples of some runs; those of one run get the placeholders that its teacher saw, where it was redacted towards it.
 * Keys of the runs are in none of their files, so there are none to look for.
 */
export async function openRedactor(runs: readonly RunStore[]): Promise<Redactor> {
  const identities: unknown[] = [];
  for (const { ledger } of runs) for await (const { record } of ledger.list("run")) identities.push(record.identity);
  const key = redactionKey(identities.length === 1 ? identities[0] : identities);
  return createRedactor({ key, secrets: [], personal: true });
}
