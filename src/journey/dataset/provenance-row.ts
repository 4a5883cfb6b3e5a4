import type { SelectedSample } from "../../records/sample.ts";
import type { DatasetFormat } from "./dataset-format.ts";

/** Positions, from 0, of a sample's rows in the data files; null: that format has none. */
export type RowPositions = Readonly<Partial<Record<DatasetFormat, number | null>>>;

/**
 * Everything that is known of a row but its text: one line for each sample, in order. `instance_id` is the
 * rows' own; where a format has no room for one, `rows` says which row it is.
 */
export function provenanceRow({ sample, tokens, ratios, redactions }: SelectedSample, rows: RowPositions): object {
  const { id, lineage, kind, provenance, exit, patchSize, scores, toolset, flags } = sample;
  return {
    instance_id: id,
    lineage,
    kind,
    ...provenance,
    exit,
    patchSize,
    scores,
    toolset,
    flags,
    tokens,
    ratios,
    redactions,
    rows,
  };
}
