import { expect, test } from "vitest";
import { backOffMs } from "./back-off.ts";

test("doubles from a second to a minute, the upper half drawn", () => {
  const least = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((failures) => backOffMs({ failures, retryAfterMs: null, jitter: 0 }));
  expect(least).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  expect(backOffMs({ failures: 3, retryAfterMs: null, jitter: 0.999_999 })).toBe(4000);
});

test("never sooner than asked, but not for ever", () => {
  expect(backOffMs({ failures: 1, retryAfterMs: 20_000, jitter: 0 })).toBe(20_000);
  expect(backOffMs({ failures: 1, retryAfterMs: 20_000, jitter: 0.5 })).toBe(21_000);
  expect(backOffMs({ failures: 9, retryAfterMs: 1, jitter: 0 })).toBe(30_000);
  expect(backOffMs({ failures: 1, retryAfterMs: 86_400_000, jitter: 0 })).toBe(600_000);
});
