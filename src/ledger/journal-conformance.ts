import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createScrubber, Secret, type Scrubber } from "../base/secret.ts";
import type { JournalEntry } from "../records/journal-entry.ts";
import type { Journal } from "./journal.ts";

/** One place where journals are kept; each `open` stands for another process after the one before has ended. */
export interface JournalHarness {
  open(scrubber: Scrubber): Promise<Journal>;
  /** All bytes at rest, as latin1. */
  atRest(): Promise<string>;
  remove(): Promise<void>;
}

const noSecrets = createScrubber([]);

function observation(key: string, turn: number, text = "seen"): JournalEntry {
  return { kind: "observation", key, turn, observation: text, ended: "completed", exitCode: 0, at: 1_800_000_000_000 };
}

/** Declares the tests that every journal must pass. */
export function journalConformance(name: string, makeHarness: () => Promise<JournalHarness>): void {
  describe(`journal conformance: ${name}`, () => {
    let harness: JournalHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(async () => await harness.remove());

    it("reads the entries of a key in the order they were written, across processes", async () => {
      for (const process of [0, 1, 2]) {
        await using journal = await harness.open(noSecrets);
        for (const turn of [0, 1]) {
          await journal.write(observation("a", process * 2 + turn));
          await journal.write(observation("b", process * 2 + turn, "other"));
        }
        const expected = Array.from({ length: process * 2 + 2 }, (_, turn) => observation("a", turn));
        expect(await journal.read("a")).toEqual(expected);
      }
      await using journal = await harness.open(noSecrets);
      expect(await journal.read("a")).toEqual([0, 1, 2, 3, 4, 5].map((turn) => observation("a", turn)));
      expect(await journal.read("none")).toEqual([]);
      expect(await Array.fromAsync(journal.entries(), ({ key, turn }) => `${key}${turn}`)).toEqual(
        [0, 1, 2, 3, 4, 5].flatMap((turn) => [`a${turn}`, `b${turn}`]),
      );
      expect(await journal.check()).toEqual([]);
    });

    it("keeps the order of writes that do not wait for each other, 1,000 at once", async () => {
      const journal = await harness.open(noSecrets);
      await Promise.all(Array.from({ length: 1000 }, async (_, index) => await journal.write(observation(`k${index % 10}`, index))));
      const turns = Array.from({ length: 100 }, (_, index) => index * 10 + 3);
      expect((await journal.read("k3")).map(({ turn }) => turn)).toEqual(turns);
      await journal[Symbol.asyncDispose]();
      await using again = await harness.open(noSecrets);
      expect((await again.read("k3")).map(({ turn }) => turn)).toEqual(turns);
      expect(await Array.fromAsync(again.entries())).toHaveLength(1000);
    });

    it("keeps what was written without waiting before it is closed", async () => {
      const journal = await harness.open(noSecrets);
      const writes = [0, 1, 2].map(async (turn) => await journal.write(observation("a", turn)));
      await journal[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
      await Promise.all(writes);
      await using again = await harness.open(noSecrets);
      expect(await again.read("a")).toHaveLength(3);
    });

    it("shows no half of what is being written", async () => {
      await using journal = await harness.open(noSecrets);
      const writes = Array.from({ length: 50 }, async (_, turn) => await journal.write(observation("a", turn, "x".repeat(20_000))));
      const during = await journal.read("a");
      expect(during).toEqual(Array.from({ length: during.length }, (_, turn) => observation("a", turn, "x".repeat(20_000))));
      await Promise.all(writes);
      expect(await journal.read("a")).toHaveLength(50);
    });

    it("keeps unusual text, keys and 5 MB in one entry", async () => {
      const strange = ["\u0000\u001f\u2028\ufeff", "\ud800 lone", "\udc00", "😀 e\u0301", "\r\n", '"\\', "x".repeat(5_000_000)].join("|");
      const keys = ['quote"d\\key', "line\nkey", "ключ"];
      const journal = await harness.open(noSecrets);
      for (const key of keys) await journal.write(observation(key, 1, strange));
      await journal[Symbol.asyncDispose]();
      await using again = await harness.open(noSecrets);
      for (const key of keys) {
        const [entry] = await again.read(key);
        expect(entry?.kind === "observation" && entry.key === key && entry.observation === strange).toBe(true);
      }
      expect(await again.check()).toEqual([]);
    });

    it("never stores the value of a secret", async () => {
      const value = 'plain"quoted\\1234567';
      const call = { id: "1", name: "bash", arguments: JSON.stringify({ command: `curl -H ${value}` }) };
      const journal = await harness.open(createScrubber([new Secret("KEY", value), new Secret("DIGITS", "1800000")]));
      await journal.write(observation("a", 0, `401: ${value}`));
      await journal.write({
        kind: "reply",
        key: "a",
        turn: 1,
        try: 1,
        reply: {
          message: { role: "assistant", content: "", reasoning: null, toolCalls: [call] },
          finish: "tool-calls",
          usage: { input: 1, cached: null, output: 1 },
        },
        costUsd: null,
        at: 1_800_000_000_000,
      });
      const [first, second] = await journal.read("a");
      expect(first).toEqual(observation("a", 0, "401: [env:KEY]"));
      expect(second?.kind === "reply" && JSON.parse(second.reply.message.toolCalls[0]?.arguments ?? "")).toEqual({
        command: "curl -H [env:KEY]",
      });
      await journal[Symbol.asyncDispose]();
      expect(await harness.atRest()).not.toContain("quoted");
    });

    it("names entries that do not fit their schema", async () => {
      await using journal = await harness.open(noSecrets);
      await journal.write(observation("a", 0));
      await journal.write(observation("a", -1));
      const problems = await journal.check();
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain("turn");
    });
  });
}
