import { zstdCompressSync } from "node:zlib";
import type { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { DatasetFormat } from "./dataset-format.ts";
import { NewFile } from "./new-file.ts";
import { parquetSchema } from "./parquet-schema.ts";
import { columnsOf, outsideColumns, type Fields } from "./row-columns.ts";
import type { RowWriter } from "./row-writer.ts";

/** Size of the rows, as JSON text, from which they become a row group: what is held in memory does not grow with the file. */
const groupBytes = 4 * 2 ** 20;

/**
 * Parquet with zstd, row groups written as they come. A row that its format's table cannot hold throws: it would lose a part without a word.
 */
export async function openParquetWriter(path: string, format: DatasetFormat): Promise<RowWriter> {
  const parquet = await import("hyparquet-writer");
  const bytes = new parquet.ByteWriter();
  const fields = columnsOf[format];
  const table = new parquet.ParquetWriter({
    writer: bytes,
    schema: parquetSchema(fields),
    codec: "ZSTD",
    compressors: { ZSTD: (page) => zstdCompressSync(page) },
    statistics: false,
    createdBy: "apprentice",
  });
  return new ParquetRows({ path, file: await NewFile.open(path), bytes, table, fields });
}

interface Parts {
  readonly path: string;
  readonly file: NewFile;
  readonly bytes: ByteWriter;
  readonly table: ParquetWriter;
  readonly fields: Fields;
}

class ParquetRows implements RowWriter {
  readonly #parts: Parts;
  #group: object[] = [];
  #size = 0;
  #rows = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async add(row: object): Promise<void> {
    const place = outsideColumns(row, { kind: "struct", fields: this.#parts.fields });
    if (place !== null) throw new Error(`the table of this format has no column for ${place}`);
    this.#group.push(row);
    this.#rows++;
    this.#size += JSON.stringify(row).length;
    if (this.#size >= groupBytes) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    const { table, file } = this.#parts;
    await table.finish();
    await this.#drain();
    await file.end();
  }

  async place(): Promise<{ path: string; sha256: string; rows: number }> {
    const { path, file } = this.#parts;
    return { path, sha256: await file.place(), rows: this.#rows };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.file[Symbol.asyncDispose]();
  }

  async #flush(): Promise<void> {
    if (this.#group.length === 0) return;
    const { table, fields } = this.#parts;
    const columnData = Object.keys(fields).map((name) => ({
      name,
      data: this.#group.map((row) => memberOf(row, name)),
      offsetIndex: false,
      // Ids are too various for a dictionary, and finding that out costs more than writing them.
      ...(name === "input_ids" && { encoding: "PLAIN" as const }),
    }));
    await table.write({ columnData, rowGroupSize: this.#group.length });
    this.#group = [];
    this.#size = 0;
    await this.#drain();
  }

  /** What the encoder has made goes to the file; its buffer is used again. */
  async #drain(): Promise<void> {
    const { bytes, file } = this.#parts;
    await file.write(bytes.getBytes());
    bytes.index = 0;
  }
}

function memberOf(row: object, name: string): unknown {
  return Object.hasOwn(row, name) ? Reflect.get(row, name) : null;
}
