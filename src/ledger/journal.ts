import type { JournalEntry } from "../records/journal-entry.ts";

/**
 * What was asked, what was answered, what was seen: the paid half of a run, append-only. `write` returns when the entry would
 * survive power loss, and entries of one key are read in the order they were written, across processes. A torn tail
 * (of a process that was killed) is recognised, cut and never taken for an entry.
 */
export interface Journal extends AsyncDisposable {
  write(entry: JournalEntry): Promise<void>;
  /** All entries of one key. */
  read(key: string): Promise<readonly JournalEntry[]>;
  /** Everything, for `verify` and `report`. */
  entries(): AsyncIterable<JournalEntry>;
  check(): Promise<string[]>;
}
