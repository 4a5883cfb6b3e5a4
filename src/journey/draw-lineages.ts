import { contentId } from "../base/hash.ts";
import { ok, type Result } from "../base/result.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Failure } from "../records/failure.ts";
import type { FunctionSite } from "../records/function-site.ts";
import type { Lineage } from "../records/lineage.ts";
import { drawSites } from "./functions/draw-sites.ts";
import type { SnapshotShelf } from "./intake/snapshot-shelf.ts";
import { findRepositorySites } from "./repository-sites.ts";

/** A snapshot, and the folder ("" is all of it) and globs that choose its files. */
export interface DrawSource {
  readonly snapshot: string;
  readonly folder: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface DrawOrder {
  readonly sources: readonly DrawSource[];
  readonly wanted: number;
  readonly seed: number;
  /** Part of every lineage's key: what else decides its content. */
  readonly identityHash: string;
  readonly ledger: Ledger;
  readonly shelf: Pick<SnapshotShelf, "unpacked">;
}

/**
 * Snapshots in; the first `wanted` lineages of the seeded draw out, in the ledger, and how many they are: fewer where there are fewer
 * functions. Snapshots take turns, so each has its share; the draw of N + k begins with the draw of N, so a run may grow (design §3).
 */
export async function drawLineages(order: DrawOrder, signal: AbortSignal): Promise<Result<number, Failure>> {
  const { ledger, wanted } = order;
  // A draw is stored whole or not at all, so what is there is a beginning of this one.
  if ((await ledger.count("lineage")) >= wanted) return ok(wanted);
  const drawn: FunctionSite[][] = [];
  for (const source of order.sources) {
    const sites = await drawnSites(source, order, signal);
    if (!sites.ok) return sites;
    drawn.push(sites.value);
  }
  const lineages = inTurns(drawn, order).slice(0, wanted);
  await ledger.putAll(
    "lineage",
    lineages.map((lineage) => ({ key: lineage.key, record: lineage })),
  );
  return ok(lineages.length);
}

function inTurns(drawn: readonly (readonly FunctionSite[])[], order: DrawOrder): Lineage[] {
  // By key: two functions of equal text on one line are one site twice.
  const lineages = new Map<string, Lineage>();
  for (let round = 0; lineages.size < order.wanted && drawn.some((sites) => round < sites.length); round++) {
    for (const [index, sites] of drawn.entries()) {
      const site = sites[round];
      const source = order.sources[index];
      if (site === undefined || source === undefined) continue;
      const lineage = lineageOf({ site, source, order, position: lineages.size });
      if (!lineages.has(lineage.key)) lineages.set(lineage.key, lineage);
    }
  }
  return [...lineages.values()];
}

async function drawnSites(source: DrawSource, order: DrawOrder, signal: AbortSignal): Promise<Result<FunctionSite[], Failure>> {
  const unpacked = await order.shelf.unpacked(source.snapshot, signal);
  if (!unpacked.ok) return unpacked;
  const { gitDir, commit } = unpacked.value;
  const { folder, include, exclude } = source;
  const found = await findRepositorySites({ repository: { gitDir }, commit, options: { folder, include, exclude } }, signal);
  return found.ok ? ok(drawSites(found.value.sites, order.seed)) : found;
}

interface LineageParts {
  readonly site: FunctionSite;
  readonly source: DrawSource;
  readonly order: DrawOrder;
  readonly position: number;
}

function lineageOf({ site, source, order, position }: LineageParts): Lineage {
  const { snapshot } = source;
  const key = contentId(["lineage", order.identityHash, snapshot, site]);
  return { version: 1, key, position, snapshot, site };
}
