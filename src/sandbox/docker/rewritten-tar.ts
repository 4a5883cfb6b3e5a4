import type { Readable } from "node:stream";
import { SectionReader } from "../section-reader.ts";
import { isOfSetup } from "../setup-names.ts";
import { EngineProblem } from "./engine-problem.ts";
import { readPaxRecords, readTarHeader, tarBlockBytes, tarPadding, writeTarHeader, type TarHeader } from "../tar-header.ts";

/** A tar that the engine made of one path, and what stands before that path's last part in the workspace ("" or "a/b/"). */
export interface TarSource {
  readonly tar: Readable;
  /** Bytes to take from the front of each name. */
  readonly drop: Buffer;
  /** Bytes to put there instead. */
  readonly add: Buffer;
}

const pieceBytes = 64 * 1024;
const end = Buffer.alloc(2 * tarBlockBytes);

/**
 * One tar of several, with names as they are in the workspace, byte by byte; `.git` of any depth, special files, what set-up commands made and what has another
 * front are left out. Throws an EngineProblem where a source breaks off.
 */
export async function* rewrittenTar(sources: AsyncIterable<TarSource>, setupNames: ReadonlySet<string>): AsyncGenerator<Buffer> {
  for await (const source of sources) {
    try {
      yield* rewritten(source, setupNames);
    } finally {
      source.tar.destroy();
    }
  }
  yield end;
}

async function* rewritten({ tar, drop, add }: TarSource, setupNames: ReadonlySet<string>): AsyncGenerator<Buffer> {
  const reader = new SectionReader(tar);
  for (let entry = await nextEntry(reader); entry !== null; entry = await nextEntry(reader)) {
    const name = renamed(entry.name, drop, add);
    const target = entry.type === "1" ? renamed(entry.target, drop, add) : entry.target;
    const isPlain = name !== null && target !== null && "0125".includes(entry.type) && !hasGitPart(name);
    const wanted = isPlain && !isOfSetup(name.toString("latin1").replace(/\/$/, ""), setupNames);
    const stored = entry.type === "0" ? entry.size : 0;
    if (wanted) yield writeTarHeader({ ...entry, size: stored, name, target });
    for (let left = stored + tarPadding(stored); left > 0;) {
      const piece = await reader.exactly(Math.min(left, pieceBytes));
      if (piece === null) throw brokenOff();
      left -= piece.length;
      if (wanted) yield Buffer.from(piece);
    }
  }
}

/** null: the end mark. Longer names and sizes that stand ahead of an entry are put into it. */
async function nextEntry(reader: SectionReader): Promise<TarHeader | null> {
  let extended = new Map<string, Buffer>();
  for (;;) {
    const block = await reader.exactly(tarBlockBytes);
    if (block === null) throw brokenOff();
    if (block[0] === 0 && block.every((byte) => byte === 0)) return null;
    const header = readTarHeader(block);
    if (!"xgLK".includes(header.type)) return withExtended(header, extended);
    const data = await reader.exactly(header.size + tarPadding(header.size));
    if (data === null) throw brokenOff();
    const body = Buffer.from(data.subarray(0, header.size));
    if (header.type === "x") extended = new Map([...extended, ...readPaxRecords(body)]);
    if (header.type === "L") extended.set("path", withoutZero(body));
    if (header.type === "K") extended.set("linkpath", withoutZero(body));
  }
}

function withExtended(header: TarHeader, extended: ReadonlyMap<string, Buffer>): TarHeader {
  const size = extended.get("size");
  return {
    mode: header.mode,
    type: header.type === "\0" ? "0" : header.type,
    size: size === undefined ? header.size : Number(size.toString("latin1")),
    name: extended.get("path") ?? header.name,
    target: extended.get("linkpath") ?? header.target,
  };
}

function renamed(name: Buffer, drop: Buffer, add: Buffer): Buffer | null {
  if (!name.subarray(0, drop.length).equals(drop)) return null;
  const rest = name.subarray(drop.length);
  return rest.length + add.length === 0 ? null : Buffer.concat([add, rest]);
}

function hasGitPart(name: Buffer): boolean {
  return `/${name.toString("latin1")}/`.includes("/.git/");
}

function withoutZero(bytes: Buffer): Buffer {
  const at = bytes.indexOf(0);
  return at < 0 ? bytes : bytes.subarray(0, at);
}

function brokenOff(): EngineProblem {
  return new EngineProblem("the engine's tar of the workspace breaks off", { status: 500 });
}
