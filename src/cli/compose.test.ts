import { expect, test } from "vitest";
import { Config } from "../config/config-schema.ts";
import { openTeacher } from "./compose.ts";

const request = { messages: [], tools: [], temperature: 0, maxOutputTokens: null };

/** A million tokens of output cost a million dollars, input nothing. */
async function reserved(settings: object, maxOutputTokens: number | null): Promise<number | null> {
  const prices = { inputPerMtok: 0, cachedPerMtok: 0, outputPerMtok: 1e6 };
  const endpoint = { kind: "endpoint", baseUrl: "http://127.0.0.1:1", model: "m", prices, ...settings };
  const config = Config.parse({ repositories: [{ path: "." }], teachers: [endpoint] });
  await using opened = await openTeacher(config, []);
  return opened.teacher.worstCaseUsd({ ...request, maxOutputTokens });
}

test("what is reserved for a reply is the bound that its request is sent with", async () => {
  expect(await reserved({ dialect: "anthropic-messages" }, null)).toBe(32_000);
  expect(await reserved({ dialect: "anthropic-messages" }, 100)).toBe(100);
  expect(await reserved({ dialect: "anthropic-messages", quirks: { usualMaxTokens: 64_000 } }, null)).toBe(64_000);
  expect(await reserved({ quirks: { usualMaxTokens: 500 } }, null)).toBe(500);
  expect(await reserved({}, null)).toBe(8192);
});
