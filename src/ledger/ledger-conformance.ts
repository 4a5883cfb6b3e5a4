import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createScrubber, Secret, type Scrubber } from "../base/secret.ts";
import { failure } from "../records/failure.ts";
import type { Lineage, LineageOutcome } from "../records/lineage.ts";
import { LedgerConflict, type Ledger } from "./ledger.ts";

/** One place where ledgers are kept; each `open` is a new opening of the same ledger. */
export interface LedgerHarness {
  open(scrubber: Scrubber): Promise<Ledger>;
  /** All bytes at rest, as latin1. */
  atRest(): Promise<string>;
  remove(): Promise<void>;
}

const noSecrets = createScrubber([]);

function keyOf(number: number): string {
  return number.toString(16).padStart(32, "0");
}

function lineage(number: number, name = "f"): Lineage {
  const site = {
    path: "a.py",
    qualifiedName: name,
    name,
    kind: "function",
    language: "python",
    startLine: 1,
    endLine: 2,
    hash: "h",
  } as const;
  return { version: 1, key: keyOf(number), position: number, snapshot: "s", site };
}

function keptOutcome(number: number): LineageOutcome {
  const keys = { pullRequest: "p", secondRollout: "r", score: "s", firstRollouts: [], selfChecks: [] };
  return { version: 1, lineage: keyOf(number), state: "kept", ...keys };
}

function failedOutcome(number: number): LineageOutcome {
  const problem = failure({ boundary: "sandbox", code: "sandbox-died", message: "It died." });
  return { version: 1, lineage: keyOf(number), state: "failed", stage: "first-rollout", failure: problem, tries: 1 };
}

/** Declares the tests that every ledger must pass. */
export function ledgerConformance(name: string, makeHarness: () => Promise<LedgerHarness>): void {
  describe(`ledger conformance: ${name}`, () => {
    let harness: LedgerHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(async () => await harness.remove());

    it("gives back what was put, also after it was closed and opened again", async () => {
      const ledger = await harness.open(noSecrets);
      await ledger.put("lineage", keyOf(1), lineage(1));
      expect(await ledger.get("lineage", keyOf(1))).toEqual(lineage(1));
      expect(await ledger.get("lineage", keyOf(2))).toBeNull();
      expect(await ledger.get("rollout", keyOf(1))).toBeNull();
      await ledger[Symbol.asyncDispose]();
      await ledger[Symbol.asyncDispose]();
      await using again = await harness.open(noSecrets);
      expect(await again.get("lineage", keyOf(1))).toEqual(lineage(1));
    });

    it("keeps what was put without waiting before it is closed", async () => {
      const ledger = await harness.open(noSecrets);
      const put = ledger.put("lineage", keyOf(1), lineage(1));
      await ledger[Symbol.asyncDispose]();
      await put;
      await using again = await harness.open(noSecrets);
      expect(await again.count("lineage")).toBe(1);
    });

    it("takes an equal record again, whatever the order of its members, and refuses another one", async () => {
      await using ledger = await harness.open(noSecrets);
      const record = lineage(1);
      await ledger.put("lineage", keyOf(1), record);
      await ledger.put("lineage", keyOf(1), Object.fromEntries(Object.entries(record).reverse()) as Lineage);
      await expect(ledger.put("lineage", keyOf(1), lineage(1, "other"))).rejects.toThrow(LedgerConflict);
      expect(await ledger.get("lineage", keyOf(1))).toEqual(record);
      expect(await ledger.count("lineage")).toBe(1);
    });

    it("refuses only the put that conflicts, not those that came with it", async () => {
      await using ledger = await harness.open(noSecrets);
      const puts = [
        ledger.put("lineage", keyOf(1), lineage(1)),
        ledger.put("lineage", keyOf(1), lineage(1)),
        ledger.put("lineage", keyOf(1), lineage(1, "other")),
        ledger.put("lineage", keyOf(2), lineage(2)),
      ];
      const settled = await Promise.allSettled(puts);
      expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
      expect(await ledger.get("lineage", keyOf(1))).toEqual(lineage(1));
      expect(await ledger.count("lineage")).toBe(2);
    });

    it("puts all of several or none", async () => {
      await using ledger = await harness.open(noSecrets);
      const entries = (numbers: readonly number[]) => numbers.map((number) => ({ key: keyOf(number), record: lineage(number) }));
      const waiting = ledger.put("lineage", keyOf(9), lineage(9));
      await ledger.putAll("lineage", entries([1, 2, 2]));
      await waiting;
      const refused = ledger.putAll("lineage", [...entries([2, 3]), { key: keyOf(1), record: lineage(1, "other") }, ...entries([4])]);
      await expect(refused).rejects.toThrow(LedgerConflict);
      expect(await Array.fromAsync(ledger.keys("lineage"))).toEqual([1, 2, 9].map(keyOf));
      await ledger.putAll("lineage", []);
      await ledger.putAll("lineage", entries(Array.from({ length: 3000 }, (_, index) => index)));
      expect(await ledger.count("lineage")).toBe(3000);
      expect(await ledger.get("lineage", keyOf(1))).toEqual(lineage(1));
    });

    it("counts records by what they say, of one kind each", async () => {
      await using ledger = await harness.open(noSecrets);
      expect([...(await ledger.tally("outcome"))]).toEqual([]);
      for (const number of [1, 2, 3]) await ledger.put("outcome", keyOf(number), failedOutcome(number));
      await ledger.put("outcome", keyOf(4), keptOutcome(4));
      await ledger.put("lineage", keyOf(4), lineage(4));
      expect(await ledger.tally("outcome")).toEqual(
        new Map([
          ["kept", 1],
          ["failed", 3],
        ]),
      );
      expect(await ledger.tally("rollout")).toEqual(new Map());
    });

    it("finds the keys of one kind that another kind lacks, a page and more", async () => {
      await using ledger = await harness.open(noSecrets);
      const numbers = Array.from({ length: 6000 }, (_, index) => index);
      await ledger.putAll(
        "lineage",
        numbers.map((number) => ({ key: keyOf(number), record: lineage(number) })),
      );
      await Promise.all([3, 5998].map(async (number) => await ledger.put("outcome", keyOf(number), keptOutcome(number))));
      await ledger.put("outcome", `${keyOf(4)}:failed:1`, failedOutcome(4));
      const open = numbers.filter((number) => number !== 3 && number !== 5998).map(keyOf);
      expect(await Array.fromAsync(ledger.keysWithout("lineage", "outcome"))).toEqual(open);
      expect(await Array.fromAsync(ledger.keysWithout("outcome", "lineage"))).toEqual([`${keyOf(4)}:failed:1`]);
    });

    it("stores the record as it was when put was called", async () => {
      await using ledger = await harness.open(noSecrets);
      const record = { ...lineage(1) };
      const put = ledger.put("lineage", keyOf(1), record);
      record.position = 99;
      await put;
      expect((await ledger.get("lineage", keyOf(1)))?.position).toBe(1);
    });

    it("takes 1,000 puts at once and lists them in order of key", async () => {
      await using ledger = await harness.open(noSecrets);
      const numbers = Array.from({ length: 1000 }, (_, index) => (index * 617) % 1000);
      await Promise.all(numbers.map(async (number) => await ledger.put("lineage", keyOf(number), lineage(number))));
      await ledger.put("snapshot", keyOf(3), {
        version: 1,
        id: "i",
        repository: "r",
        sourceCommit: "c",
        commit: "c",
        tree: "t",
        bundle: "b",
      });
      const expected = numbers.toSorted((a, b) => a - b).map(keyOf);
      expect(await Array.fromAsync(ledger.list("lineage"), ({ key, record }) => (record.key === key ? key : "wrong"))).toEqual(expected);
      expect(await Array.fromAsync(ledger.keys("lineage"))).toEqual(expected);
      expect(await ledger.count("lineage")).toBe(1000);
      expect(await ledger.count("outcome")).toBe(0);
      expect(await ledger.check()).toEqual([]);
    });

    it("lists what stood there at the start of the iteration, while more is put", async () => {
      await using ledger = await harness.open(noSecrets);
      for (const number of [1, 3, 5]) await ledger.put("lineage", keyOf(number), lineage(number));
      const seen: string[] = [];
      for await (const { key } of ledger.list("lineage")) {
        seen.push(key);
        await ledger.put("lineage", keyOf(seen.length * 2), lineage(seen.length * 2));
      }
      expect(seen).toEqual([1, 3, 5].map(keyOf));
      expect(await ledger.count("lineage")).toBe(6);
    });

    it("lists more than one page of long records once each", async () => {
      await using ledger = await harness.open(noSecrets);
      const long = "x".repeat(1_500_000);
      await Promise.all([4, 2, 1, 3].map(async (number) => await ledger.put("lineage", keyOf(number), lineage(number, long))));
      expect(await Array.fromAsync(ledger.list("lineage"), ({ key }) => key)).toEqual([1, 2, 3, 4].map(keyOf));
    });

    it("finds keys by their beginning, in every kind", async () => {
      await using ledger = await harness.open(noSecrets);
      await ledger.put("lineage", "abc1", lineage(1));
      await ledger.put("lineage", "abc2", lineage(2));
      await ledger.put("verification", "abc1", {
        version: 1,
        key: "abc1",
        lineage: "l",
        firstPatch: "p",
        secondPatch: "q",
        score: { recall: null, precision: null, f1: null, matched: 0, firstLines: 0, secondLines: 0 },
      });
      await ledger.put("lineage", "abd", lineage(3));
      expect(await ledger.find("abc1")).toEqual([
        { kind: "lineage", key: "abc1" },
        { kind: "verification", key: "abc1" },
      ]);
      expect((await ledger.find("ab")).map(({ key }) => key)).toEqual(["abc1", "abc2", "abd", "abc1"]);
      expect(await ledger.find("b")).toEqual([]);
      expect(await ledger.find("%")).toEqual([]);
    });

    it("keeps unusual text and 5 MB in one record", async () => {
      const strange = ["\u0000\u001f\u2028\ufeff", "\ud800 lone", "\udc00", "😀 مرحبا e\u0301", "\r\n", '"\\', "x".repeat(5_000_000)].join(
        "|",
      );
      const ledger = await harness.open(noSecrets);
      await ledger.put("lineage", keyOf(1), lineage(1, strange));
      await ledger.put("lineage", keyOf(1), lineage(1, strange));
      await ledger[Symbol.asyncDispose]();
      await using again = await harness.open(noSecrets);
      expect((await again.get("lineage", keyOf(1)))?.site.name === strange).toBe(true);
    });

    it("never stores the value of a secret", async () => {
      const value = 'plain"quoted\\1234567';
      const ledger = await harness.open(createScrubber([new Secret("KEY", value), new Secret("DIGITS", "1234567")]));
      await ledger.put("run", "r", {
        version: 1,
        tool: `echo ${value}`,
        identity: { [value]: [value, JSON.stringify({ header: value })], count: 12_345_678 },
        identityHash: "h",
      });
      expect(await ledger.get("run", "r")).toEqual({
        version: 1,
        tool: "echo [env:KEY]",
        identity: { "[env:KEY]": ["[env:KEY]", '{"header":"[env:KEY]"}'], count: 12_345_678 },
        identityHash: "h",
      });
      await ledger[Symbol.asyncDispose]();
      expect(await harness.atRest()).not.toContain("quoted");
    });

    it("names records that do not fit their schema", async () => {
      await using ledger = await harness.open(noSecrets);
      await ledger.put("lineage", keyOf(1), { ...lineage(1), position: -1 });
      const problems = await ledger.check();
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`lineage ${keyOf(1)}`);
    });
  });
}
