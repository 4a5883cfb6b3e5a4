import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { err, ok, type Result } from "../../base/result.ts";
import type { RowFault } from "./row-fault.ts";

/** Bytes of a row group, decompressed, beyond which it is not read: it is held in memory whole. */
const largestGroup = 2 ** 30;

/** The rows of a Parquet file, one row group in memory at a time; a group that cannot be read ends it with the reason. */
export async function* parquetRows(path: string): AsyncGenerator<Result<unknown, RowFault>> {
  const parquet = await import("hyparquet");
  const compressors = { ZSTD: unpack(zstdDecompressSync), GZIP: unpack(gunzipSync), BROTLI: unpack(brotliDecompressSync) };
  let row = 0;
  try {
    const file = await parquet.asyncBufferFromFile(path);
    const metadata = await parquet.parquetMetadataAsync(file);
    for (const { num_rows, total_byte_size } of metadata.row_groups) {
      const rows = Number(num_rows);
      if (Number(total_byte_size) > largestGroup) {
        const mebibytes = Math.round(Number(total_byte_size) / 2 ** 20);
        yield err({ reason: "file-too-large", detail: `has a row group of ${mebibytes} MiB from row ${row + 1} on: write smaller ones` });
        return;
      }
      const read = await parquet.parquetReadObjects({ file, metadata, compressors, rowStart: row, rowEnd: row + rows });
      for (const value of read) yield ok(plainValue(value));
      row += rows;
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    yield err({ reason: "unreadable-parquet", detail: `cannot be read from row ${row + 1} on: ${words.split("\n")[0] ?? ""}` });
  }
}

function unpack(decompress: (input: Uint8Array) => Buffer): (input: Uint8Array) => Uint8Array {
  return (input) => new Uint8Array(decompress(input));
}

/** As JSON would have it: columns that are absent in a row are gone, and whole numbers are numbers. */
function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plainValue);
  if (typeof value !== "object" || value === null) return value;
  const present = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(present.map(([name, member]) => [name, plainValue(member)]));
}
