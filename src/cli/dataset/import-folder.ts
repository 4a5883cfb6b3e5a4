import { contentId } from "../../base/hash.ts";
import { createScrubber } from "../../base/secret.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import { commandFailed, usageError } from "../command.ts";
import { openRun } from "../compose.ts";
import { shownPath } from "../run-folder.ts";
import { toolVersion } from "../tool-version.ts";

/** All that decides what an import run holds stands in its samples. */
const identity = { imported: true };

/** Opens a run for imported samples, new or begun by an earlier import. A run of ours is refused. Throws a CommandEnd. */
export async function openImportRun(dir: string): Promise<RunStore> {
  const opened = await openRun({ dir, scrubber: createScrubber([]), write: true });
  if (!opened.ok) throw commandFailed(opened.error.message);
  const run = opened.value;
  for await (const { record } of run.ledger.list("run")) {
    if (record.identity["imported"] === true) return run;
    await run[Symbol.asyncDispose]();
    throw usageError(`${shownPath(dir)} is a run of generate: samples are imported into a run of their own, so name another --run.`);
  }
  const identityHash = contentId(identity);
  await run.ledger.put("run", identityHash, { version: 1, tool: toolVersion(), identity, identityHash });
  return run;
}
