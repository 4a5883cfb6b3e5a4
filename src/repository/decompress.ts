import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { execa } from "execa";
import { UnsafeSource } from "./import-tree.ts";

/** What a file is by its first bytes; null: nothing that is unpacked here. */
export type ArchiveKind = "tar" | "tar.gz" | "tar.zst" | "tar.xz" | "tar.bz2" | "zip";

const marks: readonly (readonly [ArchiveKind, number, string])[] = [
  ["tar.gz", 0, "1f8b"],
  ["tar.zst", 0, "28b52ffd"],
  ["tar.xz", 0, "fd377a585a00"],
  ["tar.bz2", 0, "425a68"],
  ["zip", 0, "504b0304"],
  ["zip", 0, "504b0506"],
  ["tar", 257, "7573746172"],
];

export async function archiveKind(path: string): Promise<ArchiveKind | null> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
  const head = buffer.subarray(0, bytesRead);
  const found = marks.find(([, at, mark]) => head.subarray(at, at + mark.length / 2).toString("hex") === mark);
  return found?.[0] ?? null;
}

/** The tar in a file. Errors of the stream are the decompressor's; `UnsafeSource` where it is not installed. */
export async function* decompressed(path: string, kind: Exclude<ArchiveKind, "zip">, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (kind === "tar.xz") return yield* byProgram("xz", path, signal);
  if (kind === "tar.bz2") return yield* byProgram("bzip2", path, signal);
  const file = createReadStream(path, { signal });
  try {
    if (kind === "tar") yield* file as AsyncIterable<Uint8Array>;
    else yield* file.pipe(kind === "tar.gz" ? createGunzip() : createZstdDecompress()) as AsyncIterable<Uint8Array>;
  } finally {
    file.destroy();
  }
}

async function* byProgram(program: "xz" | "bzip2", path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const options = { stdin: { file: path }, buffer: false, reject: false, cancelSignal: signal, encoding: "buffer" } as const;
  const child = execa(program, ["--decompress", "--stdout"], options);
  try {
    if (child.stdout !== null) yield* child.stdout as AsyncIterable<Uint8Array>;
    const { exitCode } = await child;
    if (exitCode === undefined) throw new UnsafeSource(`needs ${program} to be unpacked, which is not installed`);
    if (exitCode !== 0) throw new UnsafeSource(`cannot be unpacked: ${program} says that it is damaged`);
  } finally {
    child.kill();
  }
}
