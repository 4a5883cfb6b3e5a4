import type { JournalEntry } from "../records/journal-entry.ts";
import { addKnown, addUsage, noSpending, type Spending } from "../records/usage.ts";

/**
 * Adds up journal entries into what they cost. Superseded replies were paid and count. An intent counts as possibly paid
 * until its reply or call-failure is added, so the sum is right at every moment and for any subset of whole calls.
 */
export function addEntry(spending: Spending, entry: JournalEntry): Spending {
  switch (entry.kind) {
    case "intent":
      return { ...spending, calls: spending.calls + 1, possiblyPaid: spending.possiblyPaid + 1 };
    case "reply":
      return {
        ...spending,
        replies: spending.replies + 1,
        possiblyPaid: spending.possiblyPaid - 1,
        usage: addUsage(spending.usage, entry.reply.usage),
        costUsd: addKnown(spending.costUsd, entry.costUsd),
      };
    case "call-failure":
      return {
        ...spending,
        possiblyPaid: spending.possiblyPaid - 1,
        costUsd: entry.costUsd === null ? spending.costUsd : addKnown(spending.costUsd, entry.costUsd),
        unknownCostCalls: spending.unknownCostCalls + (entry.costUsd === null ? 1 : 0),
      };
    case "observation":
    case "superseded":
      return spending;
    default:
      return entry satisfies never;
  }
}

export async function spendingOf(entries: AsyncIterable<JournalEntry> | Iterable<JournalEntry>): Promise<Spending> {
  let spending = noSpending;
  for await (const entry of entries) spending = addEntry(spending, entry);
  return spending;
}

/** Where a run stands when it is resumed. `heldUsd`: what calls of unknown cost were estimated at, so that a budget holds over kills. */
export interface Standing {
  readonly spending: Spending;
  readonly heldUsd: number;
}

export async function standingOf(entries: AsyncIterable<JournalEntry> | Iterable<JournalEntry>): Promise<Standing> {
  const heldUsd = new Map<string, number>();
  let spending = noSpending;
  for await (const entry of entries) {
    spending = addEntry(spending, entry);
    if (entry.kind === "observation" || entry.kind === "superseded") continue;
    const call = `${entry.key} ${entry.turn} ${entry.try}`;
    if (entry.kind === "intent") heldUsd.set(call, entry.estimateUsd ?? 0);
    else if (entry.costUsd !== null) heldUsd.delete(call);
  }
  return { spending, heldUsd: heldUsd.values().reduce((sum, estimateUsd) => sum + estimateUsd, 0) };
}
