import { sha256Hex } from "../../base/hash.ts";
import type { Chosen } from "./candidate.ts";
import type { Recipe } from "./recipe.ts";

/** In the recipe's order; what comes is in order of key. `ratio`: shuffled by the seed, then by ratio, equal ones staying (reference.md §h). */
export function ordered(chosen: readonly Chosen[], { order, seed, ratioBy }: Recipe): readonly Chosen[] {
  if (order === "key") return chosen;
  const shuffled = chosen
    .map((one) => ({ one, draw: sha256Hex(JSON.stringify(["order", seed, one.candidate.id])) }))
    .toSorted((a, b) => (a.draw < b.draw ? -1 : a.draw > b.draw ? 1 : 0))
    .map(({ one }) => one);
  if (order === "random") return shuffled;
  const ratioOf = ({ cut }: Chosen): number => cut?.ratios[ratioBy] ?? 1;
  return shuffled.toSorted((a, b) => ratioOf(b) - ratioOf(a));
}
