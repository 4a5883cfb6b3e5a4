import type { RecipeFilters } from "../recipe.ts";
import { editedLines } from "./edited-lines.ts";
import { emptyPatch } from "./empty-patch.ts";
import { heldOut } from "./held-out.ts";
import type { Judged, Verdict } from "./judged.ts";
import { onlyTests } from "./only-tests.ts";
import { repeatedActions } from "./repeated-actions.ts";
import { scratchFiles } from "./scratch-files.ts";
import { selfCheckAccepted } from "./self-check.ts";
import { submitted } from "./submitted.ts";
import { toolTokensOver } from "./tool-tokens.ts";

/** A filter that is on. `reason`: what is counted where a sample leaves by it; `needs`: what has to be got for it first. */
export interface ActiveFilter {
  readonly reason: string;
  readonly needs: "sample" | "patch" | "tokens";
  readonly judge: (judged: Judged) => Verdict;
}

/** The filters of a recipe that judge one sample by itself, in the order in which they are asked: a sample leaves by the first. */
export function activeFilters(filters: RecipeFilters): ActiveFilter[] {
  const { editedLines: mostEdited, toolTokens, repeatedActions: repeats } = filters;
  const rows: readonly (ActiveFilter & { readonly on: boolean })[] = [
    { on: filters.submitted, reason: "not-submitted", needs: "sample", judge: submitted },
    { on: filters.selfCheck, reason: "self-check", needs: "sample", judge: selfCheckAccepted },
    { on: filters.emptyPatch, reason: "empty-patch", needs: "sample", judge: emptyPatch },
    { on: filters.holdOut, reason: "held-out", needs: "sample", judge: heldOut },
    { on: mostEdited !== null, reason: "edited-lines", needs: "sample", judge: (judged) => editedLines(judged, mostEdited ?? 0) },
    { on: repeats !== null, reason: "repeated-actions", needs: "sample", judge: (judged) => repeatedActions(judged, repeats ?? 2) },
    { on: filters.onlyTests, reason: "only-tests", needs: "patch", judge: onlyTests },
    { on: filters.scratchFiles, reason: "scratch-files", needs: "patch", judge: scratchFiles },
    { on: toolTokens !== null, reason: "tool-output", needs: "tokens", judge: (judged) => toolTokensOver(judged, toolTokens ?? 0) },
  ];
  return rows.filter(({ on }) => on);
}
