import { expect, test } from "vitest";
import { err, ok } from "../../base/result.ts";
import { callFailure, type CallCode } from "../call-failure.ts";
import type { Model, Place, TurnOutcome } from "../model.ts";
import { createModelPool, type WatchedPool } from "./model-pool.ts";

const never = new AbortController().signal;

/** Endpoints that are only named: what came of calls is said by the test. */
function modelsNamed(names: readonly string[]): Model[] {
  return names.map((host) => ({
    name: "m",
    host,
    prepare: () => {
      throw new Error("nothing is sent here");
    },
  }));
}

interface Bench {
  readonly pool: WatchedPool;
  /** Lets time pass; what waits for it is served. */
  readonly wait: (ms: number) => Promise<void>;
  readonly enter: (key: string) => Promise<Place>;
}

function bench(names: readonly string[], most = 4): Bench {
  let nowMs = 0;
  const pool = createModelPool({ models: modelsNamed(names), clock: { nowMs: () => nowMs, monotonicMs: () => nowMs }, most });
  return {
    pool,
    wait: async (ms) => {
      nowMs += ms;
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    enter: async (key) => {
      const place = await pool.enter(key, never);
      if (place === null) throw new Error("nobody aborted");
      return place;
    },
  };
}

const replied: TurnOutcome = ok({
  message: { role: "assistant", content: "x", reasoning: null, toolCalls: [] },
  finish: "stop",
  usage: { input: 1, cached: null, output: 1 },
});

function refused(code: CallCode, retryAfterMs: number | null = null): TurnOutcome {
  return err(callFailure(code, "no", { retryAfterMs }));
}

test("a rollout stays where it began, and new ones go where the least is under way", async () => {
  const { enter } = bench(["a", "b", "c"]);
  const places = await Promise.all(["1", "2", "3", "4", "5", "6"].map(enter));
  expect(places.map(({ model }) => model.host)).toEqual(["a", "b", "c", "a", "b", "c"]);
  for (const place of places) place.leave(replied);
  for (const key of ["6", "2", "2", "4"]) {
    const place = await enter(key);
    expect(place.model.host).toBe({ 6: "c", 2: "b", 4: "a" }[key]);
    place.leave(replied);
  }
});

test("a refusal for load halves what is sent at once, and replies raise it again", async () => {
  const { pool, enter, wait } = bench(["a"], 8);
  const places = await Promise.all(["1", "2", "3", "4", "5", "6", "7", "8"].map(enter));
  await wait(1);
  // Refused together: one refusal's worth.
  for (const place of places) place.leave(refused("rate-limited"));
  expect(pool.endpoints()).toMatchObject([{ limit: 4, inFlight: 0 }]);
  for (let round = 0; round < 40; round++) (await enter("1")).leave(replied);
  expect(pool.endpoints()).toMatchObject([{ limit: 8 }]);
  const alone = await enter("1");
  await wait(1);
  alone.leave(refused("rate-limited"));
  expect(pool.endpoints()).toMatchObject([{ limit: 1 }]);
});

test("calls beyond the limit wait in the order they came, and one that is given up holds nobody up", async () => {
  const { pool, enter } = bench(["a"], 1);
  const first = await enter("1");
  const order: string[] = [];
  const second = enter("2").then((place) => (order.push("2"), place));
  const controller = new AbortController();
  const givenUp = pool.enter("3", controller.signal);
  const fourth = enter("4").then((place) => (order.push("4"), place));
  controller.abort();
  expect(await givenUp).toBeNull();
  expect(await pool.enter("5", controller.signal)).toBeNull();
  expect(pool.endpoints()).toMatchObject([{ inFlight: 1, waiting: 2 }]);
  first.leave(null);
  // Twice is once.
  first.leave(null);
  (await second).leave(replied);
  (await fourth).leave(replied);
  expect(order).toEqual(["2", "4"]);
  expect(pool.endpoints()).toMatchObject([{ inFlight: 0, waiting: 0 }]);
});

test("the time that a server asks for passes before the next call; for long it is not waited while another one is free", async () => {
  const { pool, enter, wait } = bench(["a"]);
  (await enter("1")).leave(refused("rate-limited", 40));
  let isIn = false;
  const next = enter("1").then((place) => ((isIn = true), place));
  await wait(30);
  expect(isIn).toBe(false);
  await wait(20);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(isIn).toBe(true);
  (await next).leave(replied);
  expect(pool.endpoints()).toMatchObject([{ inFlight: 0 }]);

  const two = bench(["a", "b"]);
  (await two.enter("1")).leave(refused("rate-limited", 120_000));
  const elsewhere = await two.enter("1");
  expect(elsewhere.model.host).toBe("b");
  elsewhere.leave(replied);
});

test("an endpoint that ails is set aside, what waits for it goes elsewhere, and later one call probes it", async () => {
  const { pool, enter, wait } = bench(["a", "b"], 1);
  for (let time = 0; time < 3; time++) {
    const place = await enter("home is a");
    expect(place.model.host).toBe("a");
    const waiting = time === 2 ? enter("waits") : null;
    place.leave(refused(time === 1 ? "server-error" : "unreachable"));
    if (waiting !== null) (await waiting).leave(replied);
  }
  expect(pool.endpoints()).toMatchObject([
    { host: "a", aside: true },
    { host: "b", aside: false },
  ]);
  const moved = await enter("home is a");
  expect(moved.model.host).toBe("b");
  await wait(16_000);
  // A new rollout is the probe; of a failed one the rest is longer.
  const probe = await enter("new");
  expect(probe.model.host).toBe("a");
  probe.leave(refused("stalled"));
  expect(pool.endpoints()[0]).toMatchObject({ aside: true });
  await wait(16_000);
  expect(pool.endpoints()[0]).toMatchObject({ aside: true });
  await wait(16_000);
  const second = await enter("newer");
  expect([second.model.host, pool.endpoints()[0]?.limit]).toEqual(["a", 1]);
  second.leave(replied);
  moved.leave(replied);
  expect(pool.endpoints().map(({ aside }) => aside)).toEqual([false, false]);
});

test("failures of calls are not the endpoint's", async () => {
  const { pool, enter } = bench(["a", "b"]);
  for (let time = 0; time < 5; time++) {
    for (const code of ["bad-request", "context-overflow", "cut", "malformed-reply", "cancelled"] as const)
      (await enter("1")).leave(refused(code));
  }
  expect(pool.endpoints()).toMatchObject([
    { aside: false, limit: 4 },
    { aside: false, limit: 4 },
  ]);
});

test("a key that one endpoint refuses ends the run only where it is the last", async () => {
  const { enter } = bench(["a", "b"]);
  const first = await enter("1");
  const outcome = refused("unauthorized");
  expect(first.forTheRun(outcome)).toMatchObject({ error: { failure: { code: "unauthorized", wholeRun: false, retryable: true } } });
  first.leave(outcome);
  const second = await enter("1");
  expect(second.model.host).toBe("b");
  expect(second.forTheRun(outcome)).toBe(outcome);
  second.leave(outcome);
  // Both are asked again, for nothing else is left.
  expect((await enter("1")).forTheRun(refused("bad-request"))).toMatchObject({ error: { failure: { wholeRun: false, retryable: false } } });
  const alone = bench(["a"]);
  for (let time = 0; time < 5; time++) (await alone.enter("1")).leave(refused("unreachable"));
  expect(alone.pool.endpoints()).toMatchObject([{ aside: false }]);
});

test("what would end the run for another reason still does", async () => {
  const { enter } = bench(["a", "b"]);
  const spent: TurnOutcome = err({
    failure: { ...callFailure("bad-request", "no").failure, code: "budget-spent", wholeRun: true },
    usage: { input: 0, cached: 0, output: 0 },
    retryAfterMs: null,
  });
  const place = await enter("1");
  expect(place.forTheRun(spent)).toBe(spent);
});

test("replies that begin much later than usual lower what is sent at once", async () => {
  const { pool, enter, wait } = bench(["a"], 8);
  const answer = async (ms: number): Promise<void> => {
    const places = await Promise.all(["1", "2", "3", "4", "5", "6", "7", "8"].slice(0, pool.endpoints()[0]?.limit).map(enter));
    await wait(ms);
    for (const place of places) {
      place.heard();
      place.leave(replied);
    }
  };
  for (let round = 0; round < 5; round++) await answer(100);
  expect(pool.endpoints()).toMatchObject([{ limit: 8 }]);
  for (let round = 0; round < 12; round++) await answer(10_000);
  expect(pool.endpoints()[0]?.limit).toBeLessThan(8);
});
