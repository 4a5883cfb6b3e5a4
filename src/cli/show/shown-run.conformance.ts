import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "vitest";
import { firstRollout } from "../../journey/first-rollout/first-rollout.ts";
import { message } from "../../journey/stored-lineage.conformance.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import type { Lineage } from "../../records/lineage.ts";
import type { Rollout } from "../../records/rollout.ts";
import type { Usage } from "../../records/usage.ts";

export const launcher = join(import.meta.dirname, "..", "..", "..", "bin", "apprentice.js");

interface Ended {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function start(command: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [status]] = await Promise.all([
    Array.fromAsync(child.stdout),
    Array.fromAsync(child.stderr),
    once(child, "close"),
  ]);
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** `show` of a run. */
export async function show(run: RunStore, ...args: readonly string[]): Promise<Ended> {
  return await start([process.execPath, launcher, "show", run.dir, ...args]);
}

/** The only line of a result. */
export async function json(run: RunStore, ...args: readonly string[]): Promise<unknown> {
  const { stdout, stderr } = await show(run, ...args, "--json");
  expect({ lines: stdout.split("\n").length, stderr }).toEqual({ lines: 2, stderr: "" });
  return JSON.parse(stdout);
}

const usage: Usage = { input: 1200, cached: 200, output: 34 };

/** A reply of 25 cents that the journal holds under a key. */
export async function putReply(run: RunStore, key: string, content: string): Promise<void> {
  const call = { key, turn: 0, try: 1 };
  await run.journal.write({ kind: "intent", ...call, requestHash: "h", at: 1 });
  const reply = { message: message(content), finish: "stop" as const, usage };
  await run.journal.write({ kind: "reply", ...call, reply, costUsd: 0.25, at: 2 });
}

/** The first rollout of a lineage. */
export async function firstOf(run: RunStore, lineage: Lineage): Promise<Rollout> {
  const rollout = await run.ledger.get("rollout", firstRollout.keyOf({ lineage, attempt: 1 }));
  if (rollout === null) throw new Error("no first rollout");
  return rollout;
}

/** Each part stands behind the one before. */
export function expectInOrder(text: string, parts: readonly string[]): void {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    expect(at, `${part} in\n${text.slice(from)}`).toBeGreaterThan(-1);
    from = at + part.length;
  }
}
