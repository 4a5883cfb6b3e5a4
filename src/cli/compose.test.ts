import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { Config } from "../config/config-schema.ts";
import { checkConfig, parseConfig } from "../config/load-config.ts";
import { startAnsweringServer } from "../model/answering-server.conformance.ts";
import { openTeacher } from "./compose.ts";

/** A dollar a thousand tokens written, nothing for what is read: a reservation in dollars is its bound in thousands of tokens. */
const prices = "{inputPerMtok: 0, cachedPerMtok: 0, outputPerMtok: 1000}";
const asked = { messages: [{ role: "user" as const, content: "Work." }], tools: [], temperature: 0 };

test.each([
  ["anthropic-messages", "", null, 32_000, 32],
  ["anthropic-messages", "", 512, 512, 0.512],
  ["openai-chat", ", quirks: {usualMaxTokens: 50000}", null, 50_000, 50],
  ["openai-chat", "", null, undefined, 8.192],
])("%s%s with a limit of %s sends and reserves the same bound", async (dialect, quirks, maxOutputTokens, sent, reserved) => {
  await using server = await startAnsweringServer();
  const teacher = `{kind: endpoint, dialect: ${dialect}, baseUrl: "${server.origin}", model: m, prices: ${prices}${quirks}}`;
  const text = unwrap(parseConfig(`repositories: [{path: .}]\nteachers: [${teacher}]\n`, "apprentice.yaml"));
  await using opened = await openTeacher(unwrap(checkConfig(Config, text)), []);
  const request = { ...asked, maxOutputTokens };
  await opened.models[0]?.prepare(request).send(AbortSignal.timeout(20_000));
  const body: unknown = JSON.parse((await server.nextRequest()).body);
  expect((body as { max_tokens?: number }).max_tokens).toBe(sent);
  expect(opened.teacher.worstCaseUsd(request)).toBeCloseTo(reserved, 9);
});
