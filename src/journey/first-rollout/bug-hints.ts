import { readFileSync } from "node:fs";
import { z } from "zod";
import { drawIndex } from "../../base/draw.ts";
import type { FunctionSite } from "../../records/function-site.ts";

/**
 * A vague report of a symptom, as a user of the code would write it. `text` holds the phrase `{{function}}` in `{{file}}`, each in
 * backticks, once; `id` never changes its meaning, because runs name it.
 */
export const BugHint = z.strictObject({ id: z.string(), topic: z.string(), text: z.string() });
export type BugHint = z.infer<typeof BugHint>;

let loaded: readonly BugHint[] | undefined;

/** The hints that ship with the package: one or more for each topic of paper.md §1.2, read on first use. */
export function loadBugHints(): readonly BugHint[] {
  loaded ??= z.array(BugHint).parse(JSON.parse(readFileSync(new URL("bug-hints.json", import.meta.url), "utf8")));
  return loaded;
}

export interface BugHintDraw {
  readonly seed: number;
  /** See `subjectOf`. */
  readonly subject: string;
  /** From 1. */
  readonly attempt: number;
}

/** A pure function of its key. No hint comes twice in one lineage before all have been used. */
export function drawBugHint({ seed, subject, attempt }: BugHintDraw): BugHint {
  if (attempt < 1) throw new Error(`attempts are counted from 1, not ${attempt}`);
  const remaining = [...loadBugHints()];
  const round = Math.ceil(attempt / remaining.length);
  const place = attempt - (round - 1) * remaining.length;
  let drawn: BugHint | undefined;
  for (let turn = 1; turn <= place; turn++) {
    [drawn] = remaining.splice(drawIndex(remaining.length, "bug-hint", seed, subject, round, turn), 1);
  }
  if (drawn === undefined) throw new Error("there are no bug hints");
  return drawn;
}

/** The hint about one function of the repository. */
export function renderBugHint(hint: BugHint, site: FunctionSite): string {
  const values: Record<string, string> = { function: site.qualifiedName, file: site.path };
  return hint.text.replaceAll(/\{\{(function|file)\}\}/g, (whole, name: string) => values[name] ?? whole);
}
