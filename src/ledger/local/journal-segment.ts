import { open, type FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** One line of a segment, `crc32hex SP json LF`. `json` is null where the checksum does not fit, and lives until the next batch. */
export interface SegmentLine {
  readonly offset: number;
  /** Bytes, the line feed included. */
  readonly length: number;
  readonly json: Buffer | null;
}

const lineFeed = 0x0a;
const headBytes = 9;
const chunkBytes = 1 << 20;

/** The line that stores a JSON text without line breaks. */
export function segmentLine(json: string): Buffer {
  const body = Buffer.from(json);
  const line = Buffer.allocUnsafe(headBytes + body.length + 1);
  line.write(`${crc32(body).toString(16).padStart(8, "0")} `, 0, "latin1");
  body.copy(line, headBytes);
  line[line.length - 1] = lineFeed;
  return line;
}

/** The JSON of a whole line, or null where it is no line or its checksum does not fit. */
export function jsonOfLine(line: Buffer): Buffer | null {
  if (line.length <= headBytes || line.at(-1) !== lineFeed || line[headBytes - 1] !== 0x20) return null;
  const json = line.subarray(headBytes, -1);
  return crc32(json).toString(16).padStart(8, "0") === line.toString("latin1", 0, 8) ? json : null;
}

/** The lines of a segment's first `end` bytes, a chunk at a time; a rest without a line feed comes last, as a bad line. */
export async function* segmentLines(path: string, end: number): AsyncGenerator<readonly SegmentLine[]> {
  await using file = await open(path, "r");
  let buffer = Buffer.allocUnsafe(chunkBytes);
  let start = 0;
  let filled = 0;
  for (;;) {
    const room = Math.min(buffer.length - filled, end - start - filled);
    const { bytesRead } = await file.read(buffer, filled, room, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
    const { lines, used } = wholeLines(buffer.subarray(0, filled), start);
    if (lines.length > 0) yield lines;
    buffer.copyWithin(0, used, filled);
    start += used;
    filled -= used;
    if (filled === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
  }
  if (filled > 0) yield [{ offset: start, length: filled, json: null }];
}

function wholeLines(chunk: Buffer, start: number): { lines: SegmentLine[]; used: number } {
  const lines: SegmentLine[] = [];
  let used = 0;
  for (let feed = chunk.indexOf(lineFeed); feed !== -1; feed = chunk.indexOf(lineFeed, used)) {
    const line = chunk.subarray(used, feed + 1);
    lines.push({ offset: start + used, length: line.length, json: jsonOfLine(line) });
    used = feed + 1;
  }
  return { lines, used };
}

/** Reads one line whose place is known. Null where it is not what was written there. */
export async function readLine(file: FileHandle, offset: number, length: number): Promise<Buffer | null> {
  const line = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(line, filled, length - filled, offset + filled);
    if (bytesRead === 0) return null;
    filled += bytesRead;
  }
  return jsonOfLine(line);
}
