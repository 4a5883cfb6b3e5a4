import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createScrubber } from "../base/secret.ts";
import { openLocalJournal, type LocalJournal } from "../ledger/local/local-journal.ts";
import type { JournalEntry } from "../records/journal-entry.ts";
import { failure } from "../records/failure.ts";
import { unknownUsage } from "../records/usage.ts";
import { Recording } from "./recording.ts";

let folder = "";
let journal: LocalJournal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recording-"));
  journal = await openLocalJournal({ folder, scrubber: createScrubber([]), write: true });
});
afterEach(async () => {
  await journal[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const at = 1_800_000_000_000;
const call = (turn: number, attempt = 1) => ({ key: "k", turn, try: attempt, at });

function intent(turn: number, attempt = 1): JournalEntry {
  return { kind: "intent", ...call(turn, attempt), requestHash: "h" };
}

function reply(turn: number, content: string, costUsd: number | null = 1): JournalEntry {
  const message = { role: "assistant" as const, content, reasoning: null, toolCalls: [] };
  return { kind: "reply", ...call(turn), reply: { message, finish: "stop", usage: { input: 10, cached: 0, output: 1 } }, costUsd };
}

function lost(turn: number, attempt: number, costUsd: number | null): JournalEntry {
  const problem = failure({ boundary: "model", code: "cut", message: "Cut.", retryable: true });
  return { kind: "call-failure", ...call(turn, attempt), failure: problem, usage: unknownUsage, costUsd };
}

function observation(turn: number, text: string): JournalEntry {
  return { kind: "observation", key: "k", turn, observation: text, ended: "completed", exitCode: 0, at };
}

/** Writes through one recording and gives what another one, of a later process, knows; both must know the same. */
async function recorded(entries: readonly JournalEntry[]): Promise<Recording> {
  const writer = await Recording.open("k", journal);
  for (const entry of entries) await writer.write(entry);
  const reader = await Recording.open("k", journal);
  for (const turn of [0, 1, 2, 3]) {
    expect(writer.reply(turn)).toEqual(reader.reply(turn));
    expect(writer.observation(turn)).toEqual(reader.observation(turn));
    expect(writer.nextTry(turn)).toBe(reader.nextTry(turn));
    expect(writer.costUsdBefore(turn)).toBe(reader.costUsdBefore(turn));
  }
  expect(writer.spending).toEqual(reader.spending);
  expect(writer.divergedAtStep).toBe(reader.divergedAtStep);
  return reader;
}

test("nothing is known of a key that nobody wrote about", async () => {
  const recording = await Recording.open("other", journal);
  expect([recording.reply(0), recording.observation(0), recording.nextTry(0), recording.divergedAtStep]).toEqual([null, null, 1, null]);
  expect(recording.spending.calls).toBe(0);
});

test("replies and observations are known by turn, tries go on counting, and an open intent is possibly paid", async () => {
  const recording = await recorded([intent(0), reply(0, "a"), observation(0, "seen"), intent(1), lost(1, 1, null), intent(1, 2)]);
  expect(recording.reply(0)?.reply.message.content).toBe("a");
  expect(recording.observation(0)?.observation).toBe("seen");
  expect(recording.reply(1)).toBeNull();
  expect([recording.nextTry(0), recording.nextTry(1), recording.nextTry(2)]).toEqual([2, 3, 1]);
  expect(recording.spending).toMatchObject({ calls: 3, replies: 1, unknownCostCalls: 1, possiblyPaid: 1, costUsd: 1 });
});

test("superseded turns are forgotten from there on, paid for all the same, and what comes after them counts", async () => {
  const before = [0, 1, 2, 3].flatMap((turn) => [intent(turn), reply(turn, `old ${turn}`), observation(turn, `seen ${turn}`)]);
  const cut: JournalEntry = { kind: "superseded", key: "k", turn: 2, at };
  const recording = await recorded([...before, cut, observation(1, "fresh"), intent(2, 2), reply(2, "new 2")]);
  expect(recording.reply(1)?.reply.message.content).toBe("old 1");
  expect(recording.observation(1)?.observation).toBe("fresh");
  expect(recording.reply(2)?.reply.message.content).toBe("new 2");
  expect([recording.observation(2), recording.reply(3), recording.observation(3)]).toEqual([null, null, null]);
  expect(recording.nextTry(2)).toBe(3);
  expect(recording.spending).toMatchObject({ calls: 5, replies: 5, costUsd: 5 });
});

test("the first turn that came out otherwise is remembered", async () => {
  const cut = (turn: number): JournalEntry => ({ kind: "superseded", key: "k", turn, at });
  expect((await recorded([observation(4, "a"), cut(5), cut(8)])).divergedAtStep).toBe(4);
  expect((await recorded([cut(2)])).divergedAtStep).toBe(1);
});

test("what was paid before a turn does not depend on what is recorded after it", async () => {
  const recording = await recorded([
    intent(0),
    lost(0, 1, 0.5),
    intent(0, 2),
    reply(0, "a"),
    intent(1),
    reply(1, "b", 2),
    intent(2),
    reply(2, "c", null),
  ]);
  expect([0, 1, 2, 3].map((turn) => recording.costUsdBefore(turn))).toEqual([0, 1.5, 3.5, 3.5]);
  expect(recording.spending.costUsd).toBeNull();
});
