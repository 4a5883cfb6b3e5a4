/** Why a row, or what is left of a file, could not be read. `detail` never repeats text of the file. */
export interface RowFault {
  readonly reason: RowFaultReason;
  readonly detail: string;
}

export type RowFaultReason =
  | "bad-json"
  | "cut-off"
  | "not-utf8"
  | "line-too-long"
  | "file-too-large"
  | "compressed-file"
  | "unreadable-file"
  | "unreadable-parquet"
  | "no-rows";
