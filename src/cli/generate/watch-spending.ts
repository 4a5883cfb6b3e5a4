import { addEntry } from "../../ledger/spending.ts";
import type { Journal } from "../../ledger/journal.ts";
import type { JournalEntry } from "../../records/journal-entry.ts";
import type { Spending } from "../../records/usage.ts";

/** A journal that keeps the sum of what went into it, so that the live line shows what the final totals will. */
export interface WatchedJournal extends Journal {
  readonly spending: Spending;
}

/** `before`: the sum of what the journal holds already; `onWrite`: told of each entry. */
export function watchSpending(journal: Journal, before: Spending, onWrite: (entry: JournalEntry) => void): WatchedJournal {
  let spending = before;
  return {
    get spending() {
      return spending;
    },
    async write(entry) {
      spending = addEntry(spending, entry);
      onWrite(entry);
      await journal.write(entry);
    },
    read: (key) => journal.read(key),
    entries: () => journal.entries(),
    check: () => journal.check(),
    [Symbol.asyncDispose]: async () => await journal[Symbol.asyncDispose](),
  };
}
