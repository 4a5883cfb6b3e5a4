import { textFormats } from "../../formats/format-row.ts";

/** `rendered`: the student's own template as token ids with a loss mask; the others are text. */
export const datasetFormats = [...textFormats, "rendered"] as const;
export type DatasetFormat = (typeof datasetFormats)[number];

export const containers = ["jsonl", "parquet"] as const;
export type Container = (typeof containers)[number];

/** Name of a format's file in a dataset folder. */
export function fileNameOf(format: DatasetFormat, container: Container): string {
  return `${format === "canonical" ? "samples" : format}.${container}`;
}

/** Says of each row where it comes from; the n-th row of a data file is found by `rows`. Always JSONL. */
export const provenanceName = "provenance.jsonl";

/** The dataset card, under the name that the Hugging Face hub reads. */
export const cardName = "README.md";
