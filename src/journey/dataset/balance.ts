import { posix } from "node:path";
import type { Candidate, Chosen } from "./candidate.ts";
import type { DropCounter } from "./collect-samples.ts";
import type { Recipe } from "./recipe.ts";

/** No more than so many of a group, or the groups in turn, each in the order that came; what is of no known group is one of its own. */
export function balanced(chosen: readonly Chosen[], { balance }: Recipe, dropped: DropCounter): readonly Chosen[] {
  if (balance === null) return chosen;
  const groups = new Map<string, Chosen[]>();
  for (const one of chosen) {
    const name = groupOf(one.candidate, balance.by);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  const { most } = balance;
  if (most === null) return inTurn([...groups.values()]);
  const kept = new Set([...groups.values()].flatMap((group) => group.slice(0, most)));
  dropped.add("over-balance", chosen.length - kept.size);
  return chosen.filter((one) => kept.has(one));
}

function groupOf({ repository, path, qualifiedName }: Candidate, by: "repository" | "folder" | "function"): string {
  switch (by) {
    case "repository":
      return JSON.stringify([repository]);
    case "folder":
      return JSON.stringify([repository, path === null ? null : posix.dirname(path)]);
    case "function":
      return JSON.stringify([repository, path, qualifiedName]);
    default:
      return by satisfies never;
  }
}

function inTurn(groups: readonly (readonly Chosen[])[]): Chosen[] {
  const taken: Chosen[] = [];
  let left = groups.filter((group) => group.length > 0);
  for (let round = 0; left.length > 0; round++) {
    for (const group of left) {
      const one = group[round];
      if (one !== undefined) taken.push(one);
    }
    left = left.filter((group) => group.length > round + 1);
  }
  return taken;
}
