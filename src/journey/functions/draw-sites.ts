import { drawUnit } from "../../base/draw.ts";
import type { FunctionSite } from "../../records/function-site.ts";

/**
 * Every site once, in the order in which they are drawn: round robin over folders, so that a large folder does not take the
 * whole sample, folders and the sites within one in an order that the seed decides. The draw of N is the first N; it does not
 * depend on the order of `sites`.
 */
export function drawSites(sites: readonly FunctionSite[], seed: number): FunctionSite[] {
  const folders = Map.groupBy(sites, (site) => site.path.slice(0, Math.max(0, site.path.lastIndexOf("/"))));
  const orders = inDrawnOrder([...folders], ([folder]) => ["folder", folder], seed).map(([, members]) => ({
    members: inDrawnOrder(members, siteKey, seed),
  }));
  const drawn: FunctionSite[] = [];
  for (let round = 0; drawn.length < sites.length; round += 1) {
    for (const { members } of orders) {
      const site = members[round];
      if (site !== undefined) drawn.push(site);
    }
  }
  return drawn;
}

function siteKey(site: FunctionSite): readonly (string | number)[] {
  return ["site", site.path, site.qualifiedName, site.startLine, site.endLine, site.hash];
}

function inDrawnOrder<Item>(items: readonly Item[], keyOf: (item: Item) => readonly (string | number)[], seed: number): Item[] {
  const keyed = items.map((item) => ({ item, at: drawUnit(seed, "draw-sites", ...keyOf(item)) }));
  return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
