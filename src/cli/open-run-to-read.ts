import { createScrubber } from "../base/secret.ts";
import type { RunStore } from "../ledger/run-store.ts";
import { usageError } from "./command.ts";
import { openRun } from "./compose.ts";

/** Opens a run for reading; it may be one that is under way. Throws a CommandEnd where it is none. */
export async function openRunToRead(dir: string): Promise<RunStore> {
  const opened = await openRun({ dir, scrubber: createScrubber([]), write: false });
  if (!opened.ok) throw usageError(opened.error.message);
  return opened.value;
}
