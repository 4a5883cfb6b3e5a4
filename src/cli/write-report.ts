import { basename, join } from "node:path";
import { writeFileAtomic } from "../base/atomic-file.ts";
import { reportedLineages } from "../journey/analysis/lineage-details.ts";
import type { RunSummary } from "../journey/analysis/summarise-run.ts";
import type { RunStore } from "../ledger/run-store.ts";
import { reportPage } from "../web/report-page.ts";
import { shownPath } from "./run-folder.ts";
import { typedCommand } from "./typed-command.ts";

/** Characters of the lineages that a page shows whole, and how many others it names. */
const bounds = { characters: 4_000_000, names: 2_000 };

/** Writes the page of a run, in its folder unless `out` says where; gives its path. What it holds of texts was scrubbed when it was stored. */
export async function writeReport(run: RunStore, summary: RunSummary, out = join(run.dir, "report.html")): Promise<string> {
  const lineOf = (id: string): string => typedCommand(["show", shownPath(run.dir), ...(id === "" ? [] : [id])]);
  const page = await reportPage({ summary, title: basename(run.dir), lineages: reportedLineages(run), bounds, lineOf });
  await writeFileAtomic(out, page);
  return out;
}
