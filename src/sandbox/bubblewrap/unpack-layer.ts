import { spawn } from "node:child_process";
import { lstat, open, type FileHandle } from "node:fs/promises";
import { posix } from "node:path";
import type { Readable } from "node:stream";

/** A tar that cannot be unpacked; its message is for a person. */
export class UnpackProblem extends Error {}

export interface Unpacker {
  readonly user: number | null;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export interface UnpackStep {
  readonly program: string;
  readonly args: readonly string[];
  /** A tar to read, compressed or not. */
  readonly input: FileHandle | null;
}

export interface RunningStep {
  readonly output: Readable;
  /** Throws an UnpackProblem where the program failed. */
  readonly ended: Promise<void>;
}

/** Starts a program as the one who shall own the files. */
export function startUnpacker(unpacker: Unpacker, step: UnpackStep): RunningStep {
  const drop = unpacker.user === null ? [] : ["setpriv", `--reuid=${unpacker.user}`, `--regid=${unpacker.user}`, "--clear-groups"];
  const [program = "", ...args] = [...drop, step.program, ...step.args];
  const child = spawn(program, args, {
    stdio: [step.input?.fd ?? "ignore", "pipe", "pipe"],
    env: { ...unpacker.environment, LC_ALL: "C" },
    cwd: "/",
    signal: unpacker.signal,
    detached: true,
  });
  let words = "";
  child.stderr?.on("data", (chunk: Buffer) => (words = (words + chunk.toString("utf8")).slice(0, 300)));
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  child.on("error", (error) => reject(new UnpackProblem(error.message)));
  child.on("close", (code) => {
    if (code === 0) resolve();
    else reject(new UnpackProblem(words.trim() || `${step.program} ended with ${code}`));
  });
  ended.catch(() => null);
  if (child.stdout === null) throw new Error("a pipe was asked for");
  return { output: child.stdout, ended };
}

/** Runs a program as the one who shall own the files, and gives what it prints. */
export async function runUnpacker(unpacker: Unpacker, step: UnpackStep): Promise<Buffer> {
  const compression = step.input === null ? [] : await compressionOf(step.input);
  const running = startUnpacker(unpacker, { ...step, args: [...step.args, ...compression] });
  const printed: Buffer[] = [];
  running.output.on("data", (chunk: Buffer) => printed.push(chunk));
  await running.ended;
  return Buffer.concat(printed);
}

/** GNU tar does not guess what comes through a descriptor. */
async function compressionOf(file: FileHandle): Promise<string[]> {
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const magic = buffer.toString("hex");
  if (magic.startsWith("1f8b")) return ["--gzip"];
  if (magic === "28b52ffd") return ["--zstd"];
  return magic === "fd377a58" ? ["--xz"] : [];
}

/** Removes from the layers below what a layer says is gone: `.wh.NAME`, or all of a folder: `.wh..wh..opq`. */
export async function clearWhiteouts(
  unpacker: Unpacker,
  { layer, root }: { readonly layer: string; readonly root: string },
): Promise<void> {
  const file = await open(layer, "r");
  let listed: Buffer;
  try {
    listed = await runUnpacker(unpacker, { program: "tar", args: ["--list", "--quoting-style=literal"], input: file });
  } finally {
    await file.close();
  }
  for (const line of listed.toString("utf8").split("\n")) {
    const name = posix.normalize(line);
    const base = posix.basename(name);
    if (!base.startsWith(".wh.") || name.startsWith("..")) continue;
    const folder = posix.dirname(name);
    if (!(await isPlainFolder(root, folder))) continue;
    const gone = base === ".wh..wh..opq" ? [] : [posix.join(root, folder, base.slice(4))];
    const args = gone.length > 0 ? ["-rf", "--", ...gone] : [];
    if (args.length > 0) await runUnpacker(unpacker, { program: "rm", args, input: null });
    else await runUnpacker(unpacker, { program: "find", args: [posix.join(root, folder), "-mindepth", "1", "-delete"], input: null });
  }
}

/** No part of the path is a link: what is removed lies under the root. */
async function isPlainFolder(root: string, folder: string): Promise<boolean> {
  let path = root;
  for (const part of folder.split("/")) {
    if (part === "..") return false;
    path = posix.join(path, part);
    if ((await lstat(path).catch(() => null))?.isDirectory() !== true) return false;
  }
  return true;
}
