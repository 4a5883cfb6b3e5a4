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
])("%s leads to %s%s", (text, origin, chatPath) => {
  expect(parseBaseUrl(text)).toEqual({ ok: true, value: { origin, chatPath, host: new URL(text).host } });
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
  const parsed = parseBaseUrl(text);
  expect(parsed.ok).toBe(false);
  expect(!parsed.ok && parsed.error).toMatch(/^The base URL must .*\.$/);
  expect(JSON.stringify(parsed)).not.toContain("hunter2");
});
