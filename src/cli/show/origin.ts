import type { RunStore } from "../../ledger/run-store.ts";
import type { FunctionSite } from "../../records/function-site.ts";
import type { Lineage } from "../../records/lineage.ts";
import type { Snapshot } from "../../records/snapshot.ts";
import { fields, type PageLine } from "./page.ts";

export interface Origin {
  readonly lineage: Lineage;
  readonly snapshot: Snapshot | null;
}

/** The lineage of a record and its snapshot; null where the ledger has lost it. */
export async function readOrigin(run: RunStore, lineageKey: string): Promise<Origin | null> {
  const lineage = await run.ledger.get("lineage", lineageKey);
  return lineage === null ? null : { lineage, snapshot: await run.ledger.get("snapshot", lineage.snapshot) };
}

/** As a person names a function: where it begins and what it is called. */
export function siteName({ path, startLine, qualifiedName }: FunctionSite): string {
  return `${path}:${startLine} ${qualifiedName}`;
}

/** Which function of which code something is about. */
export function originFields(origin: Origin | null): PageLine[] {
  if (origin === null) return fields([["function", "unknown: its lineage is missing"]]);
  const { site } = origin.lineage;
  return fields([
    ["function", `${site.qualifiedName} (${site.language} ${site.kind})`],
    ["path", site.path],
    ["lines", `${site.startLine} to ${site.endLine}`],
    ["repository", origin.snapshot?.repository ?? "unknown: its snapshot is missing"],
    ["commit", origin.snapshot?.sourceCommit ?? "unknown"],
  ]);
}
