import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache } from "../src/cache.ts";
import { debounce, Emitter } from "../src/events.ts";

test("keeps what was used last, for a while", () => {
  const time = { now: 0 };
  const cache = new Cache<string, number>(2, 100, () => time.now);
  cache.set("a", 1);
  cache.set("b", 2);
  assert.equal(cache.get("a"), 1);
  cache.set("c", 3);
  assert.equal(cache.get("b"), undefined);
  assert.equal(cache.hitShare, 0.5);
  time.now = 100;
  assert.equal(cache.get("a"), undefined);
  cache.clear();
  assert.equal(cache.hitShare, null);
});

test("makes a value once for all who ask, and keeps no failure", async () => {
  const cache = new Cache<string, number>(2, 100, () => 0);
  let made = 0;
  const make = async (): Promise<number> => ++made;
  assert.deepEqual(await Promise.all([cache.getOrMake("a", make), cache.getOrMake("a", make)]), [1, 1]);
  await assert.rejects(cache.getOrMake("b", async () => Promise.reject(new Error("no"))));
  assert.equal(await cache.getOrMake("b", make), 2);
});

test("events reach their listeners until they stop", async () => {
  const emitter = new Emitter<{ booked: string }>();
  const seen: string[] = [];
  const stop = emitter.on("booked", (item) => void seen.push(item));
  const next = emitter.once("booked");
  assert.equal(await emitter.emit("booked", "drill"), 2);
  assert.equal(await next, "drill");
  stop();
  assert.equal(emitter.count("booked"), 0);
  assert.deepEqual(seen, ["drill"]);
});

test("one failing listener does not keep the others from hearing", async () => {
  const emitter = new Emitter<{ booked: string }>();
  let heard = 0;
  emitter.on("booked", () => Promise.reject(new Error("deaf")));
  emitter.on("booked", () => void heard++);
  await assert.rejects(emitter.emit("booked", "drill"), /deaf/);
  assert.equal(heard, 1);
});

test("debounced calls keep the last arguments", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const call = debounce(resolve, 5);
  call(1);
  call(2);
  assert.equal(await promise, 2);
});
