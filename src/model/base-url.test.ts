import { expect, test } from "vitest";
import { parseBaseUrl } from "./base-url.ts";

test.each([
  ["http://127.0.0.1:8000", "http://127.0.0.1:8000", "/v1/chat/completions"],
  ["http://127.0.0.1:8000/", "http://127.0.0.1:8000", "/v1/chat/completions"],
  ["http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000", "/v1/chat/completions"],
  ["https://api.z.ai/api/paas/v4", "https://api.z.ai", "/api/paas/v4/chat/completions"],
  ["https://api.z.ai/api/paas/v4/chat/completions", "https://api.z.ai", "/api/paas/v4/chat/completions"],
  ["https://api.z.ai/api/paas/v4/chat/completions/", "https://api.z.ai", "/api/paas/v4/chat/completions"],
  ["http://[::1]:8000/v1", "http://[::1]:8000", "/v1/chat/completions"],
])("%s leads to %s%s for chat", (text, origin, path) => {
  const { host, hostname } = new URL(text);
  expect(parseBaseUrl(text, "openai-chat")).toEqual({ ok: true, value: { origin, path, host, hostname } });
});

test.each([
  ["http://127.0.0.1:8000", "/v1/messages"],
  ["http://127.0.0.1:8000/", "/v1/messages"],
  ["http://127.0.0.1:8000/v1", "/v1/messages"],
  ["https://api.z.ai/api/anthropic", "/api/anthropic/v1/messages"],
  ["https://api.z.ai/api/anthropic/v1/", "/api/anthropic/v1/messages"],
  ["https://api.anthropic.com/v1/messages", "/v1/messages"],
])("%s leads to %s for messages", (text, path) => {
  expect(parseBaseUrl(text, "anthropic-messages")).toMatchObject({ ok: true, value: { path } });
});

test.each([
  "127.0.0.1:8000/v1",
  "localhost:8000",
  "ftp://x/v1",
  "",
  "https://user:hunter2@x/v1",
  "https://x/v1?key=hunter2",
  "https://x/#a",
])("%j is refused without being repeated", (text) => {
  const parsed = parseBaseUrl(text, "openai-chat");
  expect(parsed.ok).toBe(false);
  expect(!parsed.ok && parsed.error).toMatch(/^The base URL must .*\.$/);
  expect(JSON.stringify(parsed)).not.toContain("hunter2");
});
