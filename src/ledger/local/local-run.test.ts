import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unwrap } from "../../base/result.ts";
import { createScrubber } from "../../base/secret.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { whyNoMount } from "../../base/why-no-mount.conformance.ts";
import type { Lineage } from "../../records/lineage.ts";
import { openLocalRun, type LocalRun } from "./local-run.ts";
import { lockRun } from "../run-lock.ts";

const script = join(import.meta.dirname, "child-process.conformance.ts");
const scrubber = createScrubber([]);

interface Child {
  /** The next lines it says. */
  lines(count: number): Promise<string[]>;
  kill(): Promise<string[]>;
  finish(): Promise<void>;
}

/** Starts the script; `kill` gives every whole line it had said. */
function startChild(mode: string, dir: string): Child {
  const child = spawn(process.execPath, [script, mode, dir], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = once(child, "close");
  const said: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on("line", (line) => said.push(line));
  return {
    lines: async (count) => {
      while (said.length < count) await once(reader, "line");
      return said;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await closed;
      return said;
    },
    finish: async () => {
      child.stdin.end();
      await closed;
    },
  };
}

let folder: string;
let dir: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-run-"));
  dir = join(folder, "runs", "one");
});
afterEach(async () => await rm(folder, { recursive: true }));

async function open(write: boolean): Promise<LocalRun> {
  return unwrap(await openLocalRun({ dir, scrubber, write }));
}

async function refusal(options: { dir: string; write: boolean }): Promise<string> {
  const opened = await openLocalRun({ ...options, scrubber });
  if (opened.ok) throw new Error("opened");
  expect(opened.error).toMatchObject({ boundary: "storage", wholeRun: true });
  return `${opened.error.code}: ${opened.error.message}`;
}

function lineage(number: number): Lineage {
  const site = { path: "a", qualifiedName: "f", name: "f", kind: "function", language: "go", startLine: 1, endLine: 1, hash: "h" } as const;
  return { version: 1, key: `key-${number}`, position: number, snapshot: "s", site };
}

describe("opening a run", () => {
  it("makes the folder, and opens it again", async () => {
    const run = await open(true);
    await run.ledger.put("lineage", "key-1", lineage(1));
    await run[Symbol.asyncDispose]();
    await run[Symbol.asyncDispose]();
    await using again = await open(true);
    expect(await again.ledger.count("lineage")).toBe(1);
    expect((await readdir(dir)).toSorted()).toEqual([
      "artifacts",
      "journal",
      "ledger.sqlite",
      "ledger.sqlite-shm",
      "ledger.sqlite-wal",
      "lock",
      "lock-holder.json",
    ]);
  });

  it("refuses what is no run", async () => {
    expect(await refusal({ dir, write: false })).toContain("not-a-run");
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, "thesis.txt"), "mine");
    expect(await refusal({ dir, write: true })).toContain("not-a-run");
    expect(await readdir(dir)).toEqual(["thesis.txt"]);
  });

  it("takes a folder in which only the run's own other files stand", async () => {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, "config.yaml"), "seed: 1");
    await using run = await open(true);
    expect(run.dir).toBe(dir);
  });

  it("says in one sentence that a folder cannot be written", async () => {
    await writeFile(join(folder, "runs"), "a file, not a folder");
    expect(await refusal({ dir, write: true })).toContain("run-folder-unwritable");
    expect(await refusal({ dir: "/proc/none/run", write: true })).toContain("run-folder-unwritable");
  });

  it("gives the lock back where a store cannot be opened", async () => {
    await using first = await open(true);
    await first[Symbol.asyncDispose]();
    const good = await readFile(join(dir, "ledger.sqlite"));
    await writeFile(join(dir, "ledger.sqlite"), "not a database at all".repeat(1000));
    expect(await refusal({ dir, write: true })).toContain("storage-failed");
    await writeFile(join(dir, "ledger.sqlite"), good);
    await using again = await open(true);
    expect(await again.ledger.count("lineage")).toBe(0);
  });

  it("leaves no file behind that a reader made", async () => {
    const run = await open(true);
    await run.ledger.put("lineage", "key-1", lineage(1));
    await run[Symbol.asyncDispose]();
    const before = await readdir(dir);
    const readers = [await open(false), await open(false)];
    for (const reader of readers) expect(await reader.ledger.count("lineage")).toBe(1);
    expect(await readdir(dir)).toContain("ledger.sqlite-shm");
    for (const reader of readers) await reader[Symbol.asyncDispose]();
    expect(await readdir(dir)).toEqual(before);
    expect(before).not.toContain("ledger.sqlite-wal");
  });

  it("lets a reader look on while a writer is at work", async () => {
    await using writer = await open(true);
    await using empty = await open(false);
    await writer.ledger.put("lineage", "key-1", lineage(1));
    await writer.journal.write({ kind: "superseded", key: "k", turn: 0, at: 1 });
    const id = await writer.artifacts.put("text");
    expect(await empty.ledger.count("lineage")).toBe(1);
    await using reader = await open(false);
    expect(await reader.ledger.get("lineage", "key-1")).toEqual(lineage(1));
    expect(await reader.journal.read("k")).toHaveLength(1);
    expect(Buffer.from((await reader.artifacts.get(id)) ?? []).toString()).toBe("text");
    await writer.ledger.put("lineage", "key-2", lineage(2));
    expect(await reader.ledger.count("lineage")).toBe(2);
    expect([...(await reader.ledger.check()), ...(await reader.journal.check()), ...(await reader.artifacts.check())]).toEqual([]);
    expect(() => reader.ledger.put("lineage", "key-3", lineage(3))).toThrow("reading only");
  });
});

describe("the lock of a run", () => {
  it("refuses a second writer and names the first", async () => {
    await using first = await open(true);
    expect(first.dir).toBe(dir);
    const message = await refusal({ dir, write: true });
    expect(message).toContain("run-in-use");
    expect(message).toContain(`process ${process.pid} on`);
  });

  it("is won by exactly one of many in one process, and free again after it", async () => {
    const results = await Promise.all(Array.from({ length: 5 }, async () => await lockRun(folder)));
    const won = results.filter((result) => result.ok);
    expect(won).toHaveLength(1);
    expect(results.filter((result) => !result.ok && result.error.code === "run-in-use")).toHaveLength(4);
    await won[0]?.value[Symbol.asyncDispose]();
    await won[0]?.value[Symbol.asyncDispose]();
    await using again = unwrap(await lockRun(folder));
    expect(again).toBeDefined();
  });

  it("is won by exactly one of several processes that begin at once", async () => {
    const children = Array.from({ length: 5 }, () => startChild("lock", folder));
    const said = await Promise.all(children.map(async (child) => (await child.lines(1))[0]));
    await Promise.all(children.map(async (child) => await child.finish()));
    expect(said.filter((line) => line === "won")).toHaveLength(1);
    expect(said.filter((line) => line === "lost run-in-use")).toHaveLength(4);
  });
});

describe("kill -9 in the middle of writing", () => {
  it("loses nothing that was reported as done, cuts the torn tail and frees the lock", async () => {
    const done: string[] = [];
    for (let round = 0; round < 2; round++) {
      const child = startChild("write", join(folder, `run-${round}`));
      await child.lines(1500);
      done.push(...(await child.kill()).map((line) => `${round} ${line}`));
    }
    expect(done.length).toBeGreaterThanOrEqual(3000);
    for (let round = 0; round < 2; round++) {
      dir = join(folder, `run-${round}`);
      const whatWasDone = done.map((line) => line.split(" ")).filter(([number]) => number === String(round));
      await using reader = await open(false);
      expect(await missingFrom(reader, whatWasDone)).toEqual([]);
      await using run = await open(true);
      expect(await missingFrom(run, whatWasDone)).toEqual([]);
      expect([...(await run.ledger.check()), ...(await run.journal.check()), ...(await run.artifacts.check())]).toEqual([]);
      expect(await readdir(join(dir, "artifacts", "incoming"))).toEqual([]);
    }
  });
});

async function missingFrom(run: LocalRun, done: readonly string[][]): Promise<string[]> {
  const missing: string[] = [];
  const turns = new Map<string, Set<number>>();
  for await (const { key, turn } of journalTurns(run)) turns.set(key, (turns.get(key) ?? new Set()).add(turn));
  for (const [, store = "", key = "", turn] of done) {
    const there =
      (store === "ledger" && (await run.ledger.get("lineage", key)) !== null) ||
      (store === "artifacts" && (await run.artifacts.get(key)) !== null) ||
      (store === "journal" && turns.get(key)?.has(Number(turn)) === true);
    if (!there) missing.push(`${store} ${key}`);
  }
  return missing;
}

async function* journalTurns(run: LocalRun): AsyncIterable<{ key: string; turn: number }> {
  const known = new Set<string>();
  for await (const { key, turn } of run.journal.entries()) {
    known.add(key);
    yield { key, turn };
  }
  for (const key of known) for (const { turn } of await run.journal.read(key)) yield { key, turn };
}

describe("a full disk", skippedIf(whyNoMount("-rm")), () => {
  it("is a failure that names itself, loses nothing that was done, and is over when there is room", async () => {
    const mount = `mount -t tmpfs -o size=6m none "$0" && exec "$1" "$2" fill "$0/run"`;
    const output = execFileSync("unshare", ["-rm", "sh", "-c", mount, folder, process.execPath, script], { encoding: "utf8" });
    const lines = output.trim().split("\n");
    const writes = lines.slice(0, 3).map((line) => line.split(" "));
    expect(writes.map(([store, , code, wholeRun]) => [store, code, wholeRun])).toEqual(
      ["ledger", "journal", "artifacts"].map((store) => [store, "disk-full", "true"]),
    );
    expect(writes.map(([, count]) => Number(count) > 0)).toEqual([true, true, true]);
    expect(lines.slice(3)).toEqual([`stored ${writes.map(([, count]) => count).join(" ")}`, "goes on"]);
  });
});
