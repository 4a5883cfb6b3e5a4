import { afterEach, beforeEach, expect, test } from "vitest";
import { noSpending } from "../../records/usage.ts";
import { inventedLineage, message, openTemporaryRun, putLineage, putOrigin, type TemporaryRun } from "../stored-lineage.conformance.ts";
import { DropCounter } from "./collect-samples.ts";
import { Recipe } from "./recipe.ts";
import { selectSamples } from "./select-samples.ts";
import { sweepSamples } from "./sweep-samples.ts";
import { wordTokenizer } from "./word-tokenizer.conformance.ts";

let stores: TemporaryRun;
beforeEach(async () => {
  stores = await openTemporaryRun();
  await putOrigin(stores.run);
});
afterEach(async () => await stores[Symbol.asyncDispose]());

const recalls = [0, 0.3, 0.5, 0.8, 1, null];

async function fill(): Promise<void> {
  for (const [position, recall] of recalls.entries()) {
    const steps = Array.from({ length: 3 + position }, (_, turn) => ({
      turn,
      kind: "action" as const,
      reply: message(`turn ${turn}`, [{ name: "bash", arguments: '{"command":"ls"}' }]),
      observation: "a b c d e f g",
      ended: "completed" as const,
      exitCode: 0,
    }));
    await putLineage(stores.run, inventedLineage(position), { recall, steps });
  }
}

const thresholds = [0, 0.5, 1];
const contexts = [120, 180, 100_000];

async function sweep(recipe: object = {}) {
  const order = { sources: [stores.run], recipe: Recipe.parse(recipe), tokenizer: wordTokenizer(), redactor: null };
  return await Array.fromAsync(sweepSamples(order, { thresholds, contexts }, new DropCounter()));
}

test("each row is what a selection of that threshold and context takes", async () => {
  await fill();
  const rows = await sweep();
  expect(rows.map(({ threshold, context }) => [threshold, context])).toEqual(
    thresholds.flatMap((threshold) => contexts.map((context) => [threshold, context])),
  );
  for (const { threshold, context, kept, tokens, meanTruncationRatio } of rows) {
    const order = { sources: [stores.run], recipe: Recipe.parse({ threshold, context }), tokenizer: wordTokenizer(), redactor: null };
    const samples = await Array.fromAsync(selectSamples(order, new DropCounter()));
    const ratios = samples.map(({ ratios: own }) => own?.steps ?? 0);
    expect(kept).toBe(samples.length);
    expect(tokens).toBe(samples.reduce((sum, sample) => sum + (sample.tokens ?? 0), 0));
    expect(meanTruncationRatio).toBeCloseTo(ratios.reduce((sum, ratio) => sum + ratio, 0) / samples.length, 12);
  }
  expect(rows.map(({ kept }) => kept)).toEqual([12, 12, 12, 9, 9, 9, 7, 7, 7]);
});

test("dollars are of all work, also of what is not kept; one unknown price makes them unknown", async () => {
  await fill();
  expect((await sweep()).every(({ costUsdPerSample }) => costUsdPerSample === 0)).toBe(true);
  const side = { version: 1 as const, rollout: "r", accepted: false, reason: "refused" as const };
  await stores.run.ledger.put("self-check", "paid", { ...side, key: "paid", spending: { ...noSpending, costUsd: 6 } });
  expect((await sweep()).filter(({ context }) => context === 180).map(({ costUsdPerSample }) => costUsdPerSample)).toEqual([
    0.5,
    6 / 9,
    6 / 7,
  ]);
  await stores.run.ledger.put("self-check", "unknown", { ...side, key: "unknown", spending: { ...noSpending, costUsd: null } });
  expect((await sweep()).every(({ costUsdPerSample }) => costUsdPerSample === null)).toBe(true);
});

test("where nothing is kept, a mean is unknown and not zero", async () => {
  expect(await sweep()).toContainEqual({
    threshold: 0,
    context: 120,
    kept: 0,
    tokens: 0,
    meanTruncationRatio: null,
    costUsdPerSample: null,
  });
});

test("a recipe's counts bound every row", async () => {
  await fill();
  expect((await sweep({ limit: 3, order: "ratio" })).map(({ kept }) => kept)).toEqual(Array.from({ length: 9 }, () => 3));
});
