import { contentId } from "../../base/hash.ts";
import { latestOutcomes, summariseRun, type RunSummary } from "../../journey/analysis/summarise-run.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import type { FunctionSite } from "../../records/function-site.ts";
import type { LineageOutcome } from "../../records/lineage.ts";
import { siteName } from "./origin.ts";
import { oneLine, plain, shortened, type PageLine } from "./page.ts";
import type { Imported } from "../../records/imported.ts";
import { count } from "../counted.ts";
import { summaryLines } from "../summary-lines.ts";

const mostOfPath = 60;
const mostOfName = 60;

/** One line of the list of a run's lineages. */
export interface ListedLineage {
  readonly key: string;
  readonly state: LineageOutcome["state"] | "unfinished";
  readonly repository: string | null;
  readonly commit: string | null;
  readonly site: FunctionSite;
}

/** The totals of a run, and each of its lineages, in order of key. */
export interface RunOverview extends RunSummary {
  readonly lineageList: readonly ListedLineage[];
  /** Imported samples, in order of id; not all of many. */
  readonly importedList: readonly ListedImport[];
}

export interface ListedImport extends Pick<Imported["sample"], "id" | "kind" | "scores"> {
  readonly origin: string;
  /** The id that the other program gave it. */
  readonly rollout: string;
}

/** Imported samples that are listed. */
const mostListed = 1000;

export async function readRunOverview(run: RunStore): Promise<RunOverview> {
  const states = new Map((await latestOutcomes(run.ledger)).map(({ lineage, state }) => [lineage, state]));
  const snapshots = new Map((await Array.fromAsync(run.ledger.list("snapshot"))).map(({ key, record }) => [key, record]));
  const lineageList: ListedLineage[] = [];
  for await (const { key, record } of run.ledger.list("lineage")) {
    const snapshot = snapshots.get(record.snapshot);
    const origin = { repository: snapshot?.repository ?? null, commit: snapshot?.sourceCommit ?? null };
    lineageList.push({ key, state: states.get(key) ?? "unfinished", ...origin, site: record.site });
  }
  return { ...(await summariseRun(run)), lineageList, importedList: await listedImports(run) };
}

async function listedImports(run: RunStore): Promise<ListedImport[]> {
  const listed: ListedImport[] = [];
  for await (const { record } of run.ledger.list("imported")) {
    const { id, kind, scores, provenance } = record.sample;
    if (listed.push({ id, kind, scores, origin: provenance.origin, rollout: provenance.rollout }) === mostListed) break;
  }
  return listed;
}

/** Totals, repositories and lineages; which repository and commit a lineage is of is said where there are several. */
export async function runPage(run: RunStore, overview: RunOverview): Promise<PageLine[]> {
  const { lineageList, repositories } = overview;
  if (overview.imported.length > 0) return importPage(overview);
  const origins = lineageList.map((listed) => originText(listed, repositories));
  const width = Math.max(0, ...origins.map((origin) => origin.length));
  const listed = lineageList.map(({ key, state, site }, index) => {
    const origin = width === 0 ? "" : `${(origins[index] ?? "").padEnd(width)}  `;
    return plain(`  ${key.slice(0, 12)}  ${state.padEnd(10)}  ${origin}${shortSite(site)}`);
  });
  return [
    ...summaryLines(overview).map((line) => plain(line)),
    plain(""),
    ...(await repositoryLines(run, overview)),
    plain(""),
    plain("Lineages (show one by the beginning of its id or by its function):", "heading"),
    ...listed,
  ];
}

function importPage(overview: RunOverview): PageLine[] {
  const { imported, importedList } = overview;
  const more = imported.reduce((sum, { count: samples }) => sum + samples, 0) - importedList.length;
  const lines = importedList.map(({ id, kind, scores, origin, rollout }) => {
    const recall = scores === null ? "" : `  recall ${scores.recall?.toFixed(3) ?? "undefined"}`;
    return plain(
      `  ${id.slice(0, 12)}  ${(kind?.toUpperCase() ?? "").padEnd(2)}  ${origin}  ${shortened(oneLine(rollout), mostOfPath)}${recall}`,
    );
  });
  return [
    ...summaryLines(overview).map((line) => plain(line)),
    plain(""),
    plain("Samples (show one by the beginning of its id):", "heading"),
    ...lines,
    ...(more > 0 ? [plain(`  … and ${count(more)} more`, "dim")] : []),
  ];
}

/** What is cut in the middle is whole on the lineage's own page. */
function shortSite(site: FunctionSite): string {
  const [path, qualifiedName] = [shortened(oneLine(site.path), mostOfPath), shortened(oneLine(site.qualifiedName), mostOfName)];
  return siteName({ ...site, path, qualifiedName });
}

function originText({ repository, commit }: ListedLineage, repositories: RunSummary["repositories"]): string {
  const severalCommits = repositories.some(({ commits }) => commits.length > 1);
  if (repositories.length < 2 && !severalCommits) return "";
  return oneLine(`${repository ?? "unknown"}${severalCommits ? `@${commit?.slice(0, 7) ?? "unknown"}` : ""}`);
}

async function repositoryLines(run: RunStore, { repositories }: RunOverview): Promise<PageLine[]> {
  const paths = await repositoryPaths(run);
  const width = Math.max(0, ...repositories.map(({ name }) => oneLine(name).length));
  const lines = repositories.map(({ name, commits }) => {
    const ids = commits.map((commit) => commit.slice(0, 12)).join(", ");
    const path = paths.get(name);
    return plain(`  ${oneLine(name).padEnd(width)}  at ${ids}${path === undefined ? "" : `  ${oneLine(path)}`}`);
  });
  return [plain(repositories.length === 1 ? "Repository:" : "Repositories:", "heading"), ...lines];
}

/** Where the user's repositories lay, by the names they have in the run: an intake's key is a hash of its settings. */
async function repositoryPaths(run: RunStore): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for await (const { record } of run.ledger.list("run")) {
    const { repositories } = record.identity;
    for (const settings of Array.isArray(repositories) ? (repositories as unknown[]) : []) {
      const intake = await run.ledger.get("intake", contentId(["intake", settings]));
      const path = typeof settings === "object" && settings !== null && "path" in settings ? settings.path : null;
      if (intake !== null && typeof path === "string") paths.set(intake.repository, path);
    }
  }
  return paths;
}
