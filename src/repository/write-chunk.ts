import type { Writable } from "node:stream";

/** Writes, waiting only when the stream is full. False: the stream is gone, and its process's exit says why. */
export async function writeChunk(stream: Writable, chunk: Uint8Array | string): Promise<boolean> {
  if (stream.destroyed) return false;
  let flows = true;
  const flushed = new Promise<boolean>((resolve) => {
    flows = stream.write(chunk, (error) => resolve(error === null || error === undefined));
  });
  return flows || flushed;
}
