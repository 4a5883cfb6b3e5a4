import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { FunctionSite } from "../../records/function-site.ts";
import { drawSites } from "./draw-sites.ts";

const site = (path: string, index: number): FunctionSite => ({
  path,
  qualifiedName: `f${index}`,
  name: `f${index}`,
  kind: "function",
  language: "python",
  startLine: index + 1,
  endLine: index + 1,
  hash: String(index),
});

const folderSizes = fc.uniqueArray(fc.tuple(fc.constantFrom("", "a/", "a/b/", "c/", "d/e/", "a b/"), fc.integer({ min: 1, max: 12 })), {
  selector: ([folder]) => folder,
});
const sitesOf = (sizes: readonly (readonly [string, number])[]) =>
  sizes.flatMap(([folder, size]) => Array.from({ length: size }, (_, index) => site(`${folder}${index % 3}.py`, index)));
const folderOf = ({ path }: FunctionSite) => path.slice(0, path.lastIndexOf("/") + 1);

test("every site once, whatever the order they come in", () => {
  fc.assert(
    fc.property(folderSizes, fc.integer(), (sizes, seed) => {
      const sites = sitesOf(sizes);
      const drawn = drawSites(sites, seed);
      expect(new Set(drawn)).toEqual(new Set(sites));
      expect(drawn).toHaveLength(sites.length);
      expect(drawSites(sites.toReversed(), seed)).toEqual(drawn);
    }),
  );
});

test("any first N are spread: no folder has two more than one that still has sites", () => {
  fc.assert(
    fc.property(folderSizes, fc.integer(), fc.nat(60), (sizes, seed, count) => {
      const first = drawSites(sitesOf(sizes), seed).slice(0, count);
      const taken = new Map(sizes.map(([folder]) => [folder, first.filter((drawn) => folderOf(drawn) === folder).length]));
      const most = Math.max(0, ...taken.values());
      for (const [folder, size] of sizes) expect(taken.get(folder)).toBeGreaterThanOrEqual(Math.min(size, most - 1));
    }),
  );
});

test("the seed decides the order", () => {
  const sites = sitesOf([
    ["a/", 12],
    ["b/", 12],
  ]);
  const orders = [0, 1, 2, 3].map((seed) => JSON.stringify(drawSites(sites, seed)));
  expect(new Set(orders).size).toBe(4);
  expect(JSON.stringify(drawSites(sites, 0))).toBe(orders[0]);
});
