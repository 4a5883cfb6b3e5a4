import type { Candidate, Chosen } from "./candidate.ts";
import { tokensOf } from "./selection-totals.ts";

/** Where values of a sample lie, by nearest rank; null: no value is known. */
export interface Spread {
  readonly known: number;
  readonly min: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  readonly mean: number;
}

/**
 * How selected samples are distributed. `recall`: samples by the recall of their lineage, the ends apart;
 * `truncated`: those of which a part was cut off. Names that are not known count under "unknown".
 */
export interface SampleStatistics {
  readonly byKind: Readonly<Record<string, number>>;
  readonly byRepository: Readonly<Record<string, number>>;
  readonly byLanguage: Readonly<Record<string, number>>;
  readonly steps: Spread | null;
  readonly tokens: Spread | null;
  readonly editedLines: Spread | null;
  readonly recall: Readonly<Record<string, number>>;
  readonly truncated: number;
}

export function summariseSamples(chosen: readonly Chosen[]): SampleStatistics {
  const candidates = chosen.map(({ candidate }) => candidate);
  return {
    byKind: tally(candidates.map(({ kind }) => kind)),
    byRepository: tally(candidates.map(({ repository }) => repository)),
    byLanguage: tally(candidates.map(({ language }) => language)),
    steps: spread(candidates.map(({ steps }) => steps)),
    tokens: spread(chosen.map(tokensOf)),
    editedLines: spread(candidates.map(({ edited }) => edited)),
    recall: recallBands(candidates),
    truncated: chosen.filter(({ cut }) => cut !== null && cut.ratios.messages < 1).length,
  };
}

/** Most first, equal ones by name. */
function tally(names: readonly (string | null)[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name ?? "unknown", (counts.get(name ?? "unknown") ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a, few], [b, many]) => many - few || (a < b ? -1 : 1)));
}

function spread(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const at = (share: number): number => known[Math.max(0, Math.ceil(share * known.length) - 1)] ?? 0;
  if (known.length === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return { known: known.length, min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), max: at(1), mean };
}

/** Bands by what their recalls lie below. */
const bands = [
  ["below 0.25", 0.25],
  ["below 0.5", 0.5],
  ["below 0.75", 0.75],
  ["below 1", 1],
] as const;

function recallBands(candidates: readonly Candidate[]): Record<string, number> {
  const counts = new Map<string, number>(["zero", ...bands.map(([name]) => name), "one", "unknown"].map((name) => [name, 0]));
  for (const { recall } of candidates) counts.set(bandOf(recall), (counts.get(bandOf(recall)) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function bandOf(recall: number | null): string {
  if (recall === null) return "unknown";
  if (recall === 0) return "zero";
  return bands.find(([, below]) => recall < below)?.[0] ?? "one";
}
