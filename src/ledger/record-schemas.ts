import type { z } from "zod";
import { Imported } from "../records/imported.ts";
import { Lineage, LineageOutcome } from "../records/lineage.ts";
import { Verification } from "../records/patch-score.ts";
import { PullRequest } from "../records/pull-request.ts";
import { Rollout } from "../records/rollout.ts";
import { RunRecord } from "../records/run.ts";
import { SelfCheck } from "../records/self-check.ts";
import { Intake, Snapshot } from "../records/snapshot.ts";
import type { LedgerRecords, RecordKind } from "./ledger.ts";

/** The schema of every kind of record, for `check`; records are trusted when read otherwise. */
export const recordSchemas: { readonly [Kind in RecordKind]: z.ZodType<LedgerRecords[Kind]> } = {
  run: RunRecord,
  intake: Intake,
  snapshot: Snapshot,
  lineage: Lineage,
  rollout: Rollout,
  "self-check": SelfCheck,
  "pull-request": PullRequest,
  verification: Verification,
  outcome: LineageOutcome,
  imported: Imported,
};

export function isRecordKind(kind: string): kind is RecordKind {
  return Object.hasOwn(recordSchemas, kind);
}
