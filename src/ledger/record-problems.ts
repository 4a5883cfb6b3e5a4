import type { RecordKind } from "./ledger.ts";
import { recordSchemas } from "./record-schemas.ts";

/** What is wrong with a record as it is stored, in a sentence; for `check`. */
export function recordProblems(kind: RecordKind, { key, body }: { readonly key: string; readonly body: string }): string[] {
  try {
    const parsed = recordSchemas[kind].safeParse(JSON.parse(body));
    if (parsed.success) return [];
    const issue = parsed.error.issues[0];
    return [`ledger: ${kind} ${key} is not a valid record: ${issue?.path.join(".")}: ${issue?.message}`];
  } catch {
    return [`ledger: ${kind} ${key} is not JSON`];
  }
}
