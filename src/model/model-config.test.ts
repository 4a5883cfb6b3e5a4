import { expect, test } from "vitest";
import { TeacherConfig } from "./model-config.ts";

test("defaults", () => {
  expect(TeacherConfig.parse({ kind: "scripted" })).toEqual({ kind: "scripted", latencyMs: 0, faults: {} });
  expect(TeacherConfig.parse({ kind: "endpoint", model: "glm-4.6" })).toEqual({
    kind: "endpoint",
    dialect: "openai-chat",
    baseUrl: null,
    model: "glm-4.6",
    apiKey: null,
    endpoints: [],
    maxParallelRequests: null,
    gpuPrice: null,
    sendReasoning: true,
    quirks: {},
    extraBody: {},
    prices: null,
    termsAllowTraining: null,
  });
});

test.each(["sk-live-4711", "env:", "env:1A", "env:A B", " env:A", 4711])(
  "a literal key %j is refused by one sentence, unseen",
  (apiKey) => {
    const parsed = TeacherConfig.safeParse({ kind: "endpoint", model: "m", apiKey });
    expect(parsed.error?.issues).toHaveLength(1);
    expect(parsed.error?.issues[0]?.message).toContain("env:NAME");
    expect(JSON.stringify(parsed.error)).not.toContain("4711");
  },
);

test("env:NAME is taken; unknown names are refused", () => {
  expect(TeacherConfig.safeParse({ kind: "endpoint", model: "m", apiKey: "env:ZAI_KEY" }).success).toBe(true);
  expect(TeacherConfig.safeParse({ kind: "endpoint", model: "m", apikey: "env:A" }).success).toBe(false);
  expect(TeacherConfig.safeParse({ kind: "scripted", faults: { cut: 2 } }).success).toBe(false);
});

test("what the user knows of the server is taken; what has a setting of its own may not be said twice", () => {
  const endpoint = { kind: "endpoint", model: "m" };
  const told = { quirks: { temperature: false, key: ["authorization"] }, extraBody: { thinking: { type: "adaptive" } } };
  expect(TeacherConfig.parse({ ...endpoint, ...told })).toMatchObject(told);
  expect(TeacherConfig.safeParse({ ...endpoint, quirks: { temprature: false } }).success).toBe(false);
  expect(TeacherConfig.safeParse({ ...endpoint, quirks: { key: [] } }).success).toBe(false);
  expect(TeacherConfig.safeParse({ ...endpoint, extraBody: { model: "other" } }).success).toBe(false);
});
