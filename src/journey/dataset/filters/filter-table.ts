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

/** A filter that is on. `reason`: what is counted where a sample leaves by it; `needs`: what has to be known for it. */
export interface ActiveFilter {
  readonly reason: string;
  readonly needs: "records" | "texts";
  readonly judge: (judged: Judged) => Verdict;
}

/** The filters of a recipe that judge one sample by itself, in the order in which they are asked: a sample leaves by the first. */
export function activeFilters(filters: RecipeFilters): ActiveFilter[] {
  const { editedLines: mostEdited, toolTokens, repeatedActions: repeats } = filters;
  const rows: readonly (ActiveFilter & { readonly on: boolean })[] = [
    { on: filters.submitted, reason: "not-submitted", needs: "records", judge: submitted },
    { on: filters.selfCheck, reason: "self-check", needs: "records", judge: selfCheckAccepted },
    { on: filters.emptyPatch, reason: "empty-patch", needs: "records", judge: emptyPatch },
    { on: filters.holdOut, reason: "held-out", needs: "records", judge: heldOut },
    { on: mostEdited !== null, reason: "edited-lines", needs: "records", judge: (judged) => editedLines(judged, mostEdited ?? 0) },
    { on: repeats !== null, reason: "repeated-actions", needs: "texts", judge: (judged) => repeatedActions(judged, repeats ?? 2) },
    { on: filters.onlyTests, reason: "only-tests", needs: "texts", judge: onlyTests },
    { on: filters.scratchFiles, reason: "scratch-files", needs: "texts", judge: scratchFiles },
    { on: toolTokens !== null, reason: "tool-output", needs: "texts", judge: (judged) => toolTokensOver(judged, toolTokens ?? 0) },
  ];
  return rows.filter(({ on }) => on);
}
