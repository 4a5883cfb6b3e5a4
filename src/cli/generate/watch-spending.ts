import { addEntry } from "../../ledger/spending.ts";
import type { Journal } from "../../ledger/journal.ts";
import type { JournalEntry } from "../../records/journal-entry.ts";
import type { Spending } from "../../records/usage.ts";

/** Keeps the sum of what goes into journals, so that the live line shows what the final totals will. */
export interface SpendingMeter {
  readonly spending: Spending;
  /** The same journal, counted. */
  over(journal: Journal): Journal;
}

/** `before`: what is counted already; `onWrite`: told of each entry. */
export function watchSpending(before: Spending, onWrite: (entry: JournalEntry) => void): SpendingMeter {
  let spending = before;
  return {
    get spending() {
      return spending;
    },
    over: (journal) => ({
      async write(entry) {
        spending = addEntry(spending, entry);
        onWrite(entry);
        await journal.write(entry);
      },
      read: async (key) => await journal.read(key),
      entries: () => journal.entries(),
      check: async () => await journal.check(),
      [Symbol.asyncDispose]: async () => await journal[Symbol.asyncDispose](),
    }),
  };
}
