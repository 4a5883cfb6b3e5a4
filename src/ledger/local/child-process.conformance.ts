// What the tests of this folder run as a process of its own, to kill it or to lock it out: node FILE MODE RUN-FOLDER.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unwrap } from "../../base/result.ts";
import { createScrubber } from "../../base/secret.ts";
import type { Lineage } from "../../records/lineage.ts";
import { StorageError } from "../storage-error.ts";
import { openLocalRun, type LocalRun } from "./local-run.ts";
import { lockRun } from "../run-lock.ts";

const site = { path: "a", qualifiedName: "f", name: "f", kind: "function", language: "go", startLine: 1, endLine: 1, hash: "h" } as const;
type Write = (run: LocalRun, number: number) => Promise<string>;

/** Each gives a line that says what is now durable. */
const writes: Record<string, Write> = {
  ledger: async (run, number) => {
    const record: Lineage = { version: 1, key: `key-${number}`, position: number, snapshot: "s", site };
    await run.ledger.put("lineage", record.key, record);
    return record.key;
  },
  journal: async (run, number) => {
    const key = `key-${number % 7}`;
    const observation = `${number}:${"x".repeat((number * 37) % 3000)}`;
    await run.journal.write({ kind: "observation", key, turn: number, observation, ended: "completed", exitCode: 0, at: 1 });
    return `${key} ${number}`;
  },
  artifacts: async (run) => await run.artifacts.put(randomBytes(3000)),
};

function say(...words: string[]): void {
  process.stdout.write(`${words.join(" ")}\n`);
}

async function writeForEver(run: LocalRun): Promise<void> {
  let number = 0;
  const lanes = Object.entries(writes).flatMap(([store, write]) => Array.from({ length: 8 }, () => ({ store, write })));
  await Promise.all(
    lanes.map(async ({ store, write }) => {
      for (;;) say(store, await write(run, number++));
    }),
  );
}

/** How a store refused: after how many writes, the failure's code, and whether it concerns the whole run. */
async function untilRefused(run: LocalRun, write: Write): Promise<string> {
  for (let number = 0; ; number++) {
    try {
      await write(run, number);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return `${number} ${error.failure.code} ${error.failure.wholeRun}`;
    }
  }
}

/** Fills the disk with each store in turn until it refuses, makes room again and looks at what is there. */
async function fillTheDisk(dir: string): Promise<void> {
  const ballast = Object.keys(writes).map((store) => join(dir, "..", `ballast-${store}`));
  for (const path of ballast) await writeFile(path, Buffer.alloc(300_000));
  await writeFile(join(dir, "..", "reserve"), Buffer.alloc(1 << 20));
  {
    await using run = await openRun(dir);
    for (const [index, [store, write]] of Object.entries(writes).entries()) {
      await rm(ballast[index] ?? "");
      say(store, await untilRefused(run, write));
    }
  }
  // The stores have filled the disk themselves: what makes room is not theirs.
  await rm(join(dir, "..", "reserve"));
  await using run = await openRun(dir);
  const counts = [await run.ledger.count("lineage"), await lengthOf(run.journal.entries()), await lengthOf(run.artifacts.ids())];
  say("stored", counts.join(" "));
  for (const problem of [...(await run.ledger.check()), ...(await run.journal.check()), ...(await run.artifacts.check())])
    say("problem", problem);
  for (const write of Object.values(writes)) await write(run, 1_000_000);
  say("goes on");
}

async function lengthOf(items: AsyncIterable<unknown>): Promise<number> {
  return (await Array.fromAsync(items)).length;
}

async function openRun(dir: string): Promise<LocalRun> {
  return unwrap(await openLocalRun({ dir, scrubber: createScrubber([]), write: true }));
}

const [mode, dir = ""] = process.argv.slice(2);
if (mode === "write") {
  await using run = await openRun(dir);
  await writeForEver(run);
} else if (mode === "lock") {
  const lock = await lockRun(dir);
  say(lock.ok ? "won" : `lost ${lock.error.code}`);
  if (lock.ok) await once(process.stdin.resume(), "end");
} else if (mode === "fill") {
  await fillTheDisk(dir);
}
