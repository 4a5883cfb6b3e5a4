import { expect, test } from "vitest";
import { costUsd, priceOf, worstCaseUsd } from "./prices.ts";

const air = priceOf("glm-4.5-air");

test("listed names, as served; others are unknown, not free", () => {
  expect(air).toMatchObject({ inputPerMtok: 0.2, cachedPerMtok: 0.03, outputPerMtok: 1.1, asOf: "2026-01" });
  expect(priceOf("GLM-4.6")).toMatchObject({ inputPerMtok: 0.6 });
  expect(priceOf("claude-3-7-sonnet-20250219")).toMatchObject({ outputPerMtok: 15 });
  expect(priceOf("glm-4.5-airx")).toBeNull();
  expect(priceOf("zai-org/GLM-4.6")).toBeNull();
  expect(priceOf("glm-4.6", { inputPerMtok: 1, cachedPerMtok: 1, outputPerMtok: 1 })).toMatchObject({ inputPerMtok: 1, asOf: null });
});

test("the paper's trajectory costs what the paper says", () => {
  const usage = { input: 749_000 + 24_300, cached: 749_000, output: 7700 };
  expect(costUsd(usage, air)).toBeCloseTo(0.0225 + 0.0049 + 0.0084, 3);
});

test("unknown counts and prices are an unknown cost; unknown caching is none", () => {
  expect(costUsd({ input: 1e6, cached: null, output: 0 }, air)).toBeCloseTo(0.2, 10);
  expect(costUsd({ input: 1e6, cached: 1e6, output: 0 }, air)).toBeCloseTo(0.03, 10);
  expect(costUsd({ input: 10, cached: 99, output: 0 }, air)).toBeCloseTo(10 * 0.03e-6, 12);
  expect(costUsd({ input: null, cached: 0, output: 1 }, air)).toBeNull();
  expect(costUsd({ input: 1, cached: 0, output: null }, air)).toBeNull();
  expect(costUsd({ input: 1, cached: 0, output: 1 }, null)).toBeNull();
});

test("the scripted teacher costs nothing, whatever it reports", () => {
  expect(costUsd({ input: null, cached: null, output: null }, priceOf("scripted"))).toBe(0);
});

test("the worst case is above what such a request costs", () => {
  const messages = [{ role: "user" as const, content: "word ".repeat(3000) }];
  const request = { messages, tools: [], temperature: 0, maxOutputTokens: 100 };
  const worst = worstCaseUsd(request, air) ?? 0;
  expect(worst).toBeGreaterThan(costUsd({ input: 3010, cached: 0, output: 100 }, air) ?? 1);
  expect(worstCaseUsd({ ...request, maxOutputTokens: null }, air)).toBeGreaterThan(worst);
  expect(worstCaseUsd(request, null)).toBeNull();
});
