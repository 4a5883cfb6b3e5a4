import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { artifactsConformance } from "../artifacts-conformance.ts";
import { journalConformance } from "../journal-conformance.ts";
import { ledgerConformance } from "../ledger-conformance.ts";
import { openLocalArtifacts } from "./local-artifacts.ts";
import { openLocalJournal } from "./local-journal.ts";
import { openLocalLedger } from "./local-ledger.ts";

async function folderHarness(): Promise<{ folder: string; atRest: () => Promise<string>; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "apprentice-store-"));
  const atRest = async (): Promise<string> => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return (await Promise.all(files.map(async (file) => await readFile(join(file.parentPath, file.name), "latin1")))).join("\n");
  };
  return { folder, atRest, remove: async () => await rm(folder, { recursive: true }) };
}

ledgerConformance("one SQLite file", async () => {
  const harness = await folderHarness();
  return { ...harness, open: async (scrubber) => openLocalLedger({ path: join(harness.folder, "ledger.sqlite"), scrubber, write: true }) };
});

journalConformance("segments of lines", async () => {
  const harness = await folderHarness();
  return {
    ...harness,
    open: async (scrubber) => await openLocalJournal({ folder: join(harness.folder, "journal"), scrubber, write: true }),
  };
});

artifactsConformance("files by hash", async () => {
  const harness = await folderHarness();
  return { ...harness, open: async (scrubber) => await openLocalArtifacts({ folder: join(harness.folder, "a"), scrubber, write: true }) };
});
