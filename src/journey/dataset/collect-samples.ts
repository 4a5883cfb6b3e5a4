import type { Artifacts } from "../../ledger/artifacts.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { SafetyReason } from "../../records/safety-flag.ts";
import type { Sample } from "../../records/sample.ts";
import { Recipe } from "./recipe.ts";
import { selectSamples } from "./select-samples.ts";

/**
 * The stores of one run. `termsAllowTraining`: what its settings say of the teacher's terms; left out or null: what is known of the
 * model by its name.
 */
export interface SampleSource {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly termsAllowTraining?: boolean | null;
}

/**
 * Counts by reason what was left out, each sample once. `notes`: samples that stayed although a rule could not judge them, and counts
 * that could not be reached. `flagged`: samples that have safety flags, left out or not, by the gravest.
 */
export class DropCounter {
  readonly counts: Record<string, number> = {};
  readonly notes: Record<string, number> = {};
  readonly flagged: Partial<Record<SafetyReason, number>> = {};

  add(reason: string, times = 1): void {
    if (times > 0) this.counts[reason] = (this.counts[reason] ?? 0) + times;
  }

  note(what: string, times = 1): void {
    this.notes[what] = (this.notes[what] ?? 0) + times;
  }

  flag(reason: SafetyReason): void {
    this.flagged[reason] = (this.flagged[reason] ?? 0) + 1;
  }
}

/** The part of a recipe that decides what a run's own dataset takes (`dataset` of the settings). */
export type Selection = Pick<Recipe, "kind" | "threshold" | "flagged">;

/** The samples of one run by the plainest of recipes: whole, not counted, in order of lineage key. */
export async function* collectSamples(source: SampleSource, selection: Selection, dropped: DropCounter): AsyncGenerator<Sample> {
  const { kind, threshold, flagged } = selection;
  const recipe = Recipe.parse({ kind, threshold, flagged });
  for await (const { sample } of selectSamples({ sources: [source], recipe, tokenizer: null, redactor: null }, dropped)) yield sample;
}
