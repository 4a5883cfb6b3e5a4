import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { ownLabel } from "../process-label.ts";

/** Who the agent is inside, by number; 0 would let programs believe they may do what they can not. */
export const insideId = 1000;
export const insideUser = `${insideId}:${insideId}`;

/** Labels of what is ours in an engine. */
export const labelNames = {
  /** Of a container: process of ours that it belongs to. */
  run: "apprentice.run",
  /** Of a container: which machine, or part of one, counts that process. */
  host: "apprentice.host",
  /** Of an image: which snapshot on which image it holds. */
  snapshot: "apprentice.snapshot",
  /** Of an image: hash of the tar it was made from. */
  tar: "apprentice.tar",
  /** Of an image: hash of the Dockerfile and the files it was built of. */
  build: "apprentice.build",
  /** Of an image: how many names in the workspace are not the snapshot's. */
  names: "apprentice.names",
  /** Of an image: bytes that it adds. */
  bytes: "apprentice.bytes",
} as const;

/** Several machines, and containers with process numbers of their own, may share one engine. */
export function ownHost(): string {
  let processes = "";
  try {
    processes = readlinkSync("/proc/self/ns/pid");
  } catch {
    // Only Linux counts processes in several ways.
  }
  return `${hostname()} ${processes}`.trim();
}

export async function ownContainerLabels(): Promise<Record<string, string>> {
  return { [labelNames.run]: await ownLabel(), [labelNames.host]: ownHost() };
}
