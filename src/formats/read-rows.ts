import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { err, ok, type Result } from "../base/result.ts";
import { byteLines } from "./rows/byte-lines.ts";
import { jsonValue } from "./rows/json-value.ts";
import { parquetRows } from "./rows/parquet-rows.ts";
import type { RowFault } from "./rows/row-fault.ts";

export type { RowFault } from "./rows/row-fault.ts";

/** A row of a file and its line, counted from 1; of Parquet the row's number; 0: the fault is the file's. */
export interface FileRow {
  readonly line: number;
  readonly row: Result<unknown, RowFault>;
}

/** How long a line of JSONL, and a file that is one JSON document, may be, in bytes: one of them is held in memory. */
export interface RowLimits {
  readonly longestLine: number;
  readonly largestDocument: number;
}

const usualLimits: RowLimits = { longestLine: 128 * 2 ** 20, largestDocument: 400 * 2 ** 20 };

/**
 * Streams the rows of a file, whatever it is: JSONL, one JSON document of any layout, or Parquet. What cannot be read is a fault with its
 * line, and the rest is read on.
 */
export async function* readRows(path: string, limits: RowLimits = usualLimits): AsyncGenerator<FileRow> {
  const begun = await beginning(path);
  if (!begun.ok) return yield { line: 0, row: begun };
  if (begun.value.toString("latin1", 0, 4) === "PAR1") return yield* numbered(parquetRows(path));
  if (isDocument(path, begun.value)) return yield await document(path, limits);
  yield* lines(path, limits);
}

async function* numbered(rows: AsyncIterable<FileRow["row"]>): AsyncGenerator<FileRow> {
  let line = 0;
  for await (const row of rows) yield { line: ++line, row };
}

async function* lines(path: string, { longestLine }: RowLimits): AsyncGenerator<FileRow> {
  for await (const { number: line, bytes, size, ended } of byteLines(createReadStream(path, { highWaterMark: 2 ** 20 }), longestLine)) {
    if (bytes === null) {
      const detail = `has ${Math.round(size / 2 ** 20)} MiB; at most ${Math.round(longestLine / 2 ** 20)} are read`;
      yield { line, row: err({ reason: "line-too-long", detail }) };
    } else if (!isBlank(bytes)) yield { line, row: jsonValue(bytes, ended) };
  }
}

async function document(path: string, { largestDocument }: RowLimits): Promise<FileRow> {
  const { size } = await stat(path);
  if (size > largestDocument) {
    const detail = `has ${Math.round(size / 2 ** 20)} MiB; at most ${Math.round(largestDocument / 2 ** 20)} are read as one document`;
    return { line: 0, row: err({ reason: "file-too-large", detail }) };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path)) chunks.push(chunk as Buffer);
  return { line: 1, row: jsonValue(Buffer.concat(chunks), false) };
}

const marks: readonly (readonly [hex: string, name: string])[] = [
  ["1f8b", "gzip"],
  ["28b52ffd", "zstd"],
  ["504b0304", "zip"],
  ["425a68", "bzip2"],
  ["fd377a585a00", "xz"],
];

/** The first bytes of a file that may hold rows. */
async function beginning(path: string): Promise<Result<Buffer, RowFault>> {
  const found = await stat(path).catch(() => null);
  if (found === null) return err({ reason: "unreadable-file", detail: "is not there, or cannot be read" });
  if (found.isDirectory()) return err({ reason: "unreadable-file", detail: "is a folder: name a file in it" });
  const bytes = await firstBytes(path);
  if (bytes === null) return err({ reason: "unreadable-file", detail: "cannot be read: check its permissions" });
  if (bytes.length === 0) return err({ reason: "no-rows", detail: "is empty" });
  const packed = marks.find(([mark]) => bytes.toString("hex", 0, 6).startsWith(mark));
  if (packed !== undefined) return err({ reason: "compressed-file", detail: `is packed with ${packed[1]}: unpack it first` });
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isWide) return err({ reason: "not-utf8", detail: "is UTF-16: write it as UTF-8" });
  return ok(bytes);
}

async function firstBytes(path: string): Promise<Buffer | null> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2 ** 16), 0, 2 ** 16, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return null;
  }
}

/** A document that runs over several lines opens with a bracket alone on its first, or with a first line that is no JSON by itself. */
function isDocument(path: string, begun: Buffer): boolean {
  if (/\.(?:jsonl|ndjson)$/i.test(path)) return false;
  const text = begun
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  const [first = ""] = text.split("\n", 1);
  if (/^[[{]\s*$/.test(first)) return true;
  // A list on one line is a document too; longer lines than were read are told by how they open.
  return text.startsWith("[");
}

function isBlank(bytes: Buffer): boolean {
  return bytes.length < 4096 && bytes.toString("latin1").trim() === "";
}
