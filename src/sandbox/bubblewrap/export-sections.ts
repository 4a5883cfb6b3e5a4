import type { Readable } from "node:stream";

const blockBytes = 512;

/** Reads a stream piece by piece: up to a byte, a number of bytes, or all that is left. */
export class SectionReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The bytes before the next such byte, which is passed over; null: there is none. */
  async until(byte: number): Promise<Buffer | null> {
    let from = 0;
    for (;;) {
      const at = this.#held.indexOf(byte, from);
      if (at >= 0) {
        const piece = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + 1);
        return piece;
      }
      from = this.#held.length;
      if (!(await this.#more())) return null;
    }
  }

  async exactly(bytes: number): Promise<Buffer | null> {
    while (this.#held.length < bytes) if (!(await this.#more())) return null;
    const piece = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return piece;
  }

  async *rest(): AsyncGenerator<Buffer> {
    try {
      if (this.#held.length > 0) yield this.#held;
      for (let next = await this.#next(); next !== null; next = await this.#next()) yield next;
    } finally {
      await this.#chunks.return?.();
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#next();
    if (next === null) return false;
    this.#held = Buffer.concat([this.#held, next]);
    return true;
  }

  /** null: the end, also of a stream that was destroyed while we waited, as a stop from outside does. */
  async #next(): Promise<Buffer | null> {
    try {
      const next = await this.#chunks.next();
      return next.done === true ? null : next.value;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE") return null;
      throw error;
    }
  }
}

/** Names of the folders in a tar that hide what lies under them in the snapshot. Ends after the tar; null: cut short. */
export async function readOpaqueFolders(reader: SectionReader): Promise<Buffer[] | null> {
  const opaque: Buffer[] = [];
  let extended = new Map<string, Buffer>();
  for (;;) {
    const header = await reader.exactly(blockBytes);
    if (header === null) return null;
    if (header[0] === 0) return (await reader.exactly(blockBytes)) === null ? null : opaque;
    const type = String.fromCharCode(header[156] ?? 0);
    const size = type === "5" ? 0 : Number.parseInt(header.toString("latin1", 124, 136), 8);
    const data = await reader.exactly(Math.ceil(size / blockBytes) * blockBytes);
    if (data === null) return null;
    if (type === "x") {
      extended = readRecords(data.subarray(0, size));
      continue;
    }
    const name = withoutLastSlash(extended.get("path") ?? shortName(header));
    if (extended.get("SCHILY.xattr.user.overlay.opaque")?.toString("latin1") === "y") opaque.push(Buffer.from(name));
    extended = new Map();
  }
}

/** `<length> <key>=<value>\n`, one after the other; the length counts itself. */
function readRecords(data: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(32, at);
    const length = Number(data.toString("latin1", at, space));
    const equals = data.indexOf(61, space);
    if (space < 0 || equals < 0 || !(length > 0)) break;
    records.set(data.toString("latin1", space + 1, equals), data.subarray(equals + 1, at + length - 1));
    at += length;
  }
  return records;
}

function shortName(header: Buffer): Buffer {
  const field = (from: number, to: number): Buffer => {
    const bytes = header.subarray(from, to);
    const end = bytes.indexOf(0);
    return end < 0 ? bytes : bytes.subarray(0, end);
  };
  const prefix = field(345, 500);
  return prefix.length === 0 ? field(0, 100) : Buffer.concat([prefix, Buffer.from("/"), field(0, 100)]);
}

function withoutLastSlash(name: Buffer): Buffer {
  return name.at(-1) === 47 ? name.subarray(0, -1) : name;
}
