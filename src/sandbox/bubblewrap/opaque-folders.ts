import type { SectionReader } from "../section-reader.ts";
import { readPaxRecords, readTarHeader, tarBlockBytes } from "../tar-header.ts";

/** Names of the folders in a tar that hide what lies under them in the snapshot. Ends after the tar; null: cut short. */
export async function readOpaqueFolders(reader: SectionReader): Promise<Buffer[] | null> {
  const opaque: Buffer[] = [];
  let extended = new Map<string, Buffer>();
  for (;;) {
    const header = await reader.exactly(tarBlockBytes);
    if (header === null) return null;
    if (header[0] === 0) return (await reader.exactly(tarBlockBytes)) === null ? null : opaque;
    const read = readTarHeader(header);
    const { type } = read;
    const size = type === "5" ? 0 : read.size;
    const data = await reader.exactly(Math.ceil(size / tarBlockBytes) * tarBlockBytes);
    if (data === null) return null;
    if (type === "x") {
      extended = readPaxRecords(data.subarray(0, size));
      continue;
    }
    const name = withoutLastSlash(extended.get("path") ?? read.name);
    if (extended.get("SCHILY.xattr.user.overlay.opaque")?.toString("latin1") === "y") opaque.push(Buffer.from(name));
    extended = new Map();
  }
}

function withoutLastSlash(name: Buffer): Buffer {
  return name.at(-1) === 47 ? name.subarray(0, -1) : name;
}
