import assert from "node:assert/strict";
import { test } from "node:test";
import { limited, RateLimiter } from "../src/rate-limiter.ts";

function limiterAt(time: { now: number }): RateLimiter<string> {
  return new RateLimiter<string>(2, 100, () => time.now);
}

test("takes what is there and says when more comes", () => {
  const time = { now: 0 };
  const limiter = limiterAt(time);
  assert.deepEqual(limiter.take("ada"), { allowed: true, remaining: 1, retryAfterMs: 0 });
  limiter.take("ada");
  assert.deepEqual(limiter.take("ada"), { allowed: false, remaining: 0, retryAfterMs: 100 });
  assert.ok(limiter.take("bob").allowed);
  time.now = 100;
  assert.ok(limiter.take("ada").allowed);
});

test("sweep forgets full buckets only", () => {
  const time = { now: 0 };
  const limiter = limiterAt(time);
  limiter.take("ada");
  time.now = 50;
  limiter.take("bob", 2);
  time.now = 150;
  assert.equal(limiter.sweep(), 1);
  assert.equal(limiter.size, 1);
});

test("a limited function refuses by key", async () => {
  const call = limited(limiterAt({ now: 0 }), (name: string) => name, async (name) => name.length);
  assert.equal(await call("ada"), 3);
  await call("ada");
  await assert.rejects(call("ada"), /again in 100 ms/);
  assert.throws(() => new RateLimiter(0, 1), RangeError);
});
