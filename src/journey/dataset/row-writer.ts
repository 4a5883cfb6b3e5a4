import type { Container, DatasetFormat } from "./dataset-format.ts";
import { openJsonlWriter } from "./jsonl-writer.ts";
import { openParquetWriter } from "./parquet-writer.ts";

/** One written file: absolute path, SHA-256 of its bytes, rows. */
export interface DatasetFile {
  readonly path: string;
  readonly sha256: string;
  readonly rows: number;
}

/** Writes rows to a file that has its name only after `place`; disposed of before that, it leaves nothing. Holds few rows in memory. */
export interface RowWriter extends AsyncDisposable {
  add(row: object): Promise<void>;
  /** Every row has come; they would survive power loss. */
  end(): Promise<void>;
  place(): Promise<DatasetFile>;
}

export async function openRowWriter(path: string, format: DatasetFormat, container: Container): Promise<RowWriter> {
  return container === "jsonl" ? await openJsonlWriter(path) : await openParquetWriter(path, format);
}
