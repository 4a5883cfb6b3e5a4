import { spawn } from "node:child_process";
import { Transform, type Readable } from "node:stream";
import { EngineProblem } from "./engine-problem.ts";
import { insideId } from "./names.ts";

export interface FolderTar {
  readonly folder: string;
  /** Bytes as latin1; left out: all that is there. */
  readonly names?: readonly string[];
  /** Without what lies beneath the names. */
  readonly isFlat?: boolean;
}

/** Paths in a folder, by this host's tar, GNU's or BSD's, which keep names byte by byte. Errors of the stream are EngineProblems. */
export function tarOfFolder({ folder, names = ["."], isFlat = false }: FolderTar, signal: AbortSignal): Readable {
  const isMac = process.platform === "darwin";
  const owner = isMac ? ["--uid", String(insideId), "--gid", String(insideId), "--no-mac-metadata", "--no-xattrs"] : gnuOwner;
  const flat = isFlat ? ["--no-recursion"] : [];
  const child = spawn("tar", [...owner, "--format=pax", "-cf", "-", "-C", folder, ...flat, "--null", "-T", "-"], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
    detached: true,
    signal,
  });
  child.stdin.on("error", () => null);
  child.stdin.end(Buffer.from(names.map((name) => `${name}\0`).join(""), "latin1"));
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words = (words + chunk.toString("utf8")).slice(0, 300)));
  const tar = new Transform({ transform: (chunk, _encoding, done) => done(null, chunk) });
  const fail = (message: string): void => void tar.destroy(new EngineProblem(`tar of the snapshot: ${message}`, { status: 500 }));
  child.on("error", (error) => fail(error.message));
  child.on("close", (code) => (code === 0 ? tar.end() : fail(words.trim() || `ended with ${code}`)));
  child.stdout.pipe(tar, { end: false });
  tar.on("close", () => child.kill("SIGKILL"));
  return tar;
}

const gnuOwner = [`--owner=${insideId}`, `--group=${insideId}`, "--numeric-owner"];
