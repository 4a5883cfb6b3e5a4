/** A tar is made of these; a file's bytes are filled up to a whole number of them. */
export const tarBlockBytes = 512;

/** What a header says, names as bytes. */
export interface TarHeader {
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly name: Buffer;
  readonly target: Buffer;
}

export function readTarHeader(block: Buffer): TarHeader {
  return {
    type: String.fromCharCode(block[156] ?? 0),
    mode: Number.parseInt(block.toString("latin1", 100, 108), 8),
    size: readSize(block),
    name: shortName(block),
    target: field(block, 157, 257),
  };
}

/** Octal digits, or a number of base 256 behind a set first bit. */
function readSize(block: Buffer): number {
  if (((block[124] ?? 0) & 0x80) === 0) return Number.parseInt(block.toString("latin1", 124, 136), 8) || 0;
  return Number(block.readBigUInt64BE(128));
}

/** `<length> <key>=<value>\n`, one after the other; the length counts itself. */
export function readPaxRecords(data: Buffer): Map<string, Buffer> {
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
  const prefix = field(header, 345, 500);
  return prefix.length === 0 ? field(header, 0, 100) : Buffer.concat([prefix, Buffer.from("/"), field(header, 0, 100)]);
}

function field(header: Buffer, from: number, to: number): Buffer {
  const bytes = header.subarray(from, to);
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/**
 * Blocks that begin an entry. A long name goes ahead in GNU's way, whose bytes need not be UTF-8. The content follows, filled up to
 * whole blocks.
 */
export function writeTarHeader(header: TarHeader): Buffer {
  const ahead = [
    ...(header.name.length > 100 ? [longField("L", header.name)] : []),
    ...(header.target.length > 100 ? [longField("K", header.target)] : []),
  ];
  return Buffer.concat([...ahead, plainHeader(header)]);
}

function longField(type: "L" | "K", bytes: Buffer): Buffer {
  const size = bytes.length + 1;
  const block = plainHeader({ type, mode: 0o644, size, name: Buffer.from("././@LongLink"), target: Buffer.alloc(0) });
  return Buffer.concat([block, bytes, Buffer.alloc(1 + tarPadding(size))]);
}

function plainHeader({ type, mode, size, name, target }: TarHeader): Buffer {
  const block = Buffer.alloc(tarBlockBytes);
  name.copy(block, 0, 0, 100);
  block.write(octal(mode & 0o7777, 7), 100, "latin1");
  block.write(octal(0, 7), 108, "latin1");
  block.write(octal(0, 7), 116, "latin1");
  if (size < 8 ** 11) block.write(octal(size, 11), 124, "latin1");
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.write(octal(0, 11), 136, "latin1");
  block.write(" ".repeat(8), 148, "latin1");
  block.write(type, 156, "latin1");
  target.copy(block, 157, 0, 100);
  block.write("ustar  ", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** Bytes that fill the last block of a content. */
export function tarPadding(size: number): number {
  return (tarBlockBytes - (size % tarBlockBytes)) % tarBlockBytes;
}
