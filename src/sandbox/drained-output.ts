import type { Readable } from "node:stream";

/** Bytes that are only dropped are read no faster than this, so that one endless `yes` does not take a core of ours. */
const droppedBytesPerWindow = 4 * 1024 * 1024;
const windowMs = 100;

/**
 * Reads a stream to its end, whoever listens: a daemon whose output nobody read would stand still. `take` says whether a
 * chunk was of use; if not, the pace is bounded.
 */
export function drainOutput(stream: Readable, take: (chunk: Buffer) => boolean): void {
  let dropped = 0;
  let windowEndsMs = 0;
  stream.on("data", (chunk: Buffer) => {
    if (take(chunk)) return;
    const nowMs = performance.now();
    if (nowMs > windowEndsMs) {
      dropped = 0;
      windowEndsMs = nowMs + windowMs;
    }
    dropped += chunk.length;
    if (dropped < droppedBytesPerWindow) return;
    stream.pause();
    setTimeout(() => stream.resume(), windowEndsMs - nowMs);
  });
}
