import { execFile } from "node:child_process";
import { constants, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** `writeFd`: for a child's stdio; close it here once the child has it. */
export interface RealPipe {
  readonly reader: Socket;
  readonly writeFd: number;
}

interface Waiting {
  readonly resolve: (pipe: RealPipe) => void;
  readonly reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];

/**
 * A pipe that a process can open again by a path such as /dev/stdout. What Node calls a pipe is a socket, where that
 * fails. Made of a FIFO that has lost its name; one `mkfifo` for all that wait at the moment.
 */
export function makeRealPipe(): Promise<RealPipe> {
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    if (waiting.length === 1) setImmediate(() => void serveWaiting());
  });
}

async function serveWaiting(): Promise<void> {
  const served = waiting;
  waiting = [];
  try {
    const folder = await mkdtemp(join(tmpdir(), "apprentice-pipe-"));
    try {
      const names = served.map((_, index) => join(folder, String(index)));
      await promisify(execFile)("mkfifo", ["-m", "622", ...names]);
      served.forEach((one, index) => one.resolve(openBoth(names[index] ?? "")));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    for (const one of served) one.reject(error);
  }
}

/** The reader first and without waiting, so that the writer finds one. */
function openBoth(path: string): RealPipe {
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeFd = openSync(path, constants.O_WRONLY);
  const reader = new Socket({ fd: readFd, readable: true, writable: false });
  reader.on("error", () => reader.destroy());
  return { reader, writeFd };
}
