import { readFile } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import { parquetMetadataAsync, parquetReadObjects, type FileMetaData } from "hyparquet";

/** Rows and metadata of a Parquet file, read by another program than wrote it. */
export async function readParquet(path: string): Promise<{ rows: Record<string, unknown>[]; metadata: FileMetaData }> {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const compressors = { ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)) };
  return { rows: await parquetReadObjects({ file, compressors }), metadata: await parquetMetadataAsync(file) };
}
