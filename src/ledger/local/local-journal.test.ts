import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createScrubber } from "../../base/secret.ts";
import type { JournalEntry } from "../../records/journal-entry.ts";
import type { Journal } from "../journal.ts";
import { StorageError } from "../storage-error.ts";
import { openLocalJournal, type LocalJournal } from "./local-journal.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-journal-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

async function open(write: boolean): Promise<LocalJournal> {
  return await openLocalJournal({ folder, scrubber: createScrubber([]), write });
}

function entry(turn: number): JournalEntry {
  return { kind: "superseded", key: "k", turn, at: 1 };
}

async function writeTurns(...turns: number[]): Promise<void> {
  await using journal = await open(true);
  for (const turn of turns) await journal.write(entry(turn));
}

async function turnsIn(journal: Journal): Promise<number[]> {
  const turns = (await journal.read("k")).map(({ turn }) => turn);
  expect(await Array.fromAsync(journal.entries(), ({ turn }) => turn)).toEqual(turns);
  return turns;
}

async function segments(): Promise<string[]> {
  return (await readdir(folder)).toSorted().map((name) => join(folder, name));
}

async function newestSegment(): Promise<string> {
  return (await segments()).at(-1) ?? "";
}

describe("a torn tail", () => {
  const tails: [string, (line: Buffer) => Buffer][] = [
    ["half a line", (line) => line.subarray(0, line.length / 2)],
    ["a line without its line feed", (line) => line.subarray(0, -1)],
    ["zeros, as a file system leaves them", () => Buffer.alloc(5000)],
    [
      "a line that lost a page and one behind it that did not arrive",
      (line) => Buffer.concat([Buffer.alloc(40), line.subarray(40), line.subarray(0, 9)]),
    ],
  ];
  it.each(tails)("of %s is ignored by a reader, cut by a writer, and never an entry", async (_, tailOf) => {
    await writeTurns(0, 1);
    const path = await newestSegment();
    const whole = await readFile(path);
    const tail = tailOf(whole.subarray(0, whole.indexOf(0x0a) + 1));
    await appendFile(path, tail);
    {
      await using reader = await open(false);
      expect(await turnsIn(reader)).toEqual([0, 1]);
      expect(await reader.check()).toEqual([]);
      expect((await stat(path)).size).toBe(whole.length + tail.length);
    }
    await using writer = await open(true);
    expect(writer.cutTails.map(({ bytes }) => bytes)).toEqual([tail.length]);
    expect((await readFile(path)).equals(whole)).toBe(true);
    await writer.write(entry(2));
    expect(await turnsIn(writer)).toEqual([0, 1, 2]);
    expect(await writer.check()).toEqual([]);
  });

  it("that a later process did not cut is a problem", async () => {
    await writeTurns(0);
    await writeTurns(1);
    await appendFile((await segments())[0] ?? "", "half");
    await using reader = await open(false);
    expect(await turnsIn(reader)).toEqual([0, 1]);
    expect(await reader.check()).toEqual([expect.stringContaining("torn after byte")]);
  });
});

describe("damage", () => {
  it("before good lines is skipped, counted and named", async () => {
    await writeTurns(0, 1, 2);
    const path = await newestSegment();
    const bytes = await readFile(path);
    const second = bytes.indexOf(0x0a) + 1;
    bytes[second + 20] = 0x7e;
    await writeFile(path, bytes);
    for (const write of [false, true]) {
      await using journal = await open(write);
      expect(await turnsIn(journal)).toEqual([0, 2]);
      expect(journal.damagedLines).toBe(1);
      expect(await journal.check()).toEqual([expect.stringContaining(`the line at byte ${second} is damaged`)]);
    }
    expect((await stat(path)).size).toBe(bytes.length);
  });

  it("that comes while the journal is open is said, not read", async () => {
    await using journal = await open(true);
    await journal.write(entry(0));
    await truncate(await newestSegment(), 10);
    await expect(journal.read("k")).rejects.toThrow(StorageError);
  });
});

describe("segments", () => {
  it("are made at the first write, in the order of processes whatever the clock says", async () => {
    {
      await using journal = await open(true);
      expect(await turnsIn(journal)).toEqual([]);
    }
    expect(await segments()).toEqual([]);
    await writeTurns(0);
    // A process of the future, as its clock said.
    await writeFile(join(folder, "000007-29990101T000000Z-1-ffffffff.journal"), await readFile(await newestSegment()));
    await writeTurns(1);
    expect(await newestSegment()).toMatch(/000008-[0-9TZ]+-\d+-[0-9a-f]{8}\.journal$/);
    await using reader = await open(false);
    expect(await turnsIn(reader)).toEqual([0, 0, 1]);
  });

  it("that cannot be made refuse the write as trouble of storage, and every later one", async () => {
    await using journal = await open(true);
    await rm(folder, { recursive: true });
    const failures = await Promise.allSettled([journal.write(entry(0)), journal.write(entry(1))]);
    failures.push(...(await Promise.allSettled([journal.write(entry(2))])));
    for (const failure of failures) {
      expect(failure.status === "rejected" && failure.reason instanceof StorageError && failure.reason.failure).toMatchObject({
        boundary: "storage",
        code: "storage-failed",
        wholeRun: true,
      });
    }
    expect(await journal.read("k")).toEqual([]);
  });

  it("open for reading cannot be written", async () => {
    await writeTurns(0);
    await using reader = await open(false);
    await expect(reader.write(entry(1))).rejects.toThrow("reading only");
  });
});
