import type { Ledger } from "../ledger/ledger.ts";
import { failedOutcomeKey, type Lineage, type LineageOutcome } from "../records/lineage.ts";

/** Tries at a lineage whose failure may pass, over all resumes of a run (design §4). */
export const triesOfLineage = 3;

/** Lineages by the state of their outcome. */
export type OutcomeCounts = Readonly<Record<LineageOutcome["state"], number>>;

export interface DueOrder {
  /** The first so many lineages of the draw; the ledger may hold more. */
  readonly wanted: number;
  /** Also those whose failure was not retryable or that have used up their tries. */
  readonly retryFailed: boolean;
}

/** `lineages`: those to be followed, in the order of the draw; `already`: those that are not, by state. */
export interface DueLineages {
  readonly lineages: readonly Lineage[];
  readonly already: OutcomeCounts;
}

/** What is left to do of a run. Of lineages with a final outcome only the keys are read, so that a million of them take seconds. */
export async function dueLineages({ wanted, retryFailed }: DueOrder, ledger: Ledger): Promise<DueLineages> {
  const { open, final } = (await ledger.count("lineage")) > wanted ? await amongFirst(wanted, ledger) : await amongAll(ledger);
  const lineages: Lineage[] = [];
  let failed = 0;
  for (const lineage of open) {
    if (isDue((await standingOf(lineage, ledger)).failed, retryFailed)) lineages.push(lineage);
    else failed++;
  }
  return { lineages: lineages.toSorted((a, b) => a.position - b.position), already: { ...final, failed } };
}

/** Lineages without a final outcome, and how many have which. */
interface Standings {
  readonly open: readonly Lineage[];
  readonly final: Readonly<Record<"kept" | "rejected", number>>;
}

async function amongAll(ledger: Ledger): Promise<Standings> {
  const states = await ledger.tally("outcome");
  const open: Lineage[] = [];
  for await (const key of ledger.keysWithout("lineage", "outcome")) {
    const lineage = await ledger.get("lineage", key);
    if (lineage !== null) open.push(lineage);
  }
  return { open, final: { kept: states.get("kept") ?? 0, rejected: states.get("rejected") ?? 0 } };
}

async function amongFirst(wanted: number, ledger: Ledger): Promise<Standings> {
  const final = { kept: 0, rejected: 0 };
  const open: Lineage[] = [];
  for await (const { key, record } of ledger.list("lineage")) {
    if (record.position >= wanted) continue;
    const outcome = await ledger.get("outcome", key);
    if (outcome === null || outcome.state === "failed") open.push(record);
    else final[outcome.state]++;
  }
  return { open, final };
}

type Failed = Extract<LineageOutcome, { state: "failed" }>;

/** Where a lineage stands in the ledger: final, failed so often, or not yet tried. */
export async function standingOf(
  lineage: Lineage,
  ledger: Ledger,
): Promise<{ readonly final: LineageOutcome | null; readonly failed: Failed | null }> {
  const final = await ledger.get("outcome", lineage.key);
  if (final !== null) return { final, failed: null };
  let failed: Failed | null = null;
  for (let tries = 1; ; tries++) {
    const outcome = await ledger.get("outcome", failedOutcomeKey(lineage.key, tries));
    if (outcome?.state !== "failed") return { final: null, failed };
    failed = outcome;
  }
}

export function isDue(failed: Failed | null, retryFailed: boolean): boolean {
  if (failed === null || retryFailed) return true;
  return failed.failure.retryable && failed.tries < triesOfLineage;
}
