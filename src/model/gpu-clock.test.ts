import fc from "fast-check";
import { expect, test } from "vitest";
import { GpuClock } from "./gpu-clock.ts";

/** $3.6 an hour and GPU: a dollar a million milliseconds. */
function bench(gpus = 1, others: () => number = () => 0) {
  let nowMs = 0;
  const clock = new GpuClock({ usdPerHour: 3.6, gpus }, { nowMs: () => nowMs, monotonicMs: () => nowMs }, others);
  return { clock, pass: (ms: number): void => void (nowMs += ms) };
}

test("a call alone pays the whole time, of all GPUs; time without a call is nobody's", () => {
  const { clock, pass } = bench(8);
  pass(5_000);
  const call = clock.begin();
  pass(1_000);
  expect(call.stop()).toBeCloseTo(0.008, 12);
  pass(9_000);
  expect(call.stop()).toBeCloseTo(0.008, 12);
});

test("calls at the same moment share it", () => {
  const { clock, pass } = bench();
  const first = clock.begin();
  pass(1_000);
  const second = clock.begin();
  pass(2_000);
  expect(first.stop()).toBeCloseTo(0.002, 12);
  pass(1_000);
  expect(second.stop()).toBeCloseTo(0.002, 12);
});

test("with those of other processes too", () => {
  const { clock, pass } = bench(1, () => 3);
  const call = clock.begin();
  pass(4_000);
  expect(call.stop()).toBeCloseTo(0.001, 12);
});

test("what is reserved is half a minute, then the most that a call has cost", () => {
  const { clock, pass } = bench();
  expect(clock.largestUsd).toBeCloseTo(0.03, 12);
  for (const ms of [2_000, 5_000, 1_000]) {
    const call = clock.begin();
    pass(ms);
    call.stop();
  }
  expect(clock.largestUsd).toBeCloseTo(0.005, 12);
});

test("all calls together pay the time in which there was one, whatever their order", () => {
  const event = fc.record({ ms: fc.nat(1_000), begins: fc.boolean(), which: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const { clock, pass } = bench();
      const open: { stop(): number }[] = [];
      let [busyMs, paidUsd] = [0, 0];
      for (const { ms, begins, which } of events) {
        pass(ms);
        if (open.length > 0) busyMs += ms;
        if (begins) open.push(clock.begin());
        else paidUsd += open.splice(which, 1)[0]?.stop() ?? 0;
      }
      for (const call of open) paidUsd += call.stop();
      expect(paidUsd).toBeCloseTo(busyMs / 1e6, 9);
    }),
  );
});
