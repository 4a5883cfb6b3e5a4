import { expect, test } from "vitest";
import { deadline, pause } from "./deadline.ts";

const never = new AbortController().signal;

test("what is left of a deadline is seldom a whole number of milliseconds", async () => {
  const signal = deadline(never, 0.25);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  expect(signal.reason).toMatchObject({ name: "TimeoutError" });
});

test("a deadline that is past, or further than a timer reaches, is no error", () => {
  expect(deadline(never, -5).aborted).toBe(false);
  expect(deadline(never, 2 ** 40).aborted).toBe(false);
});

test("a deadline aborts with the outer signal and with its reason", () => {
  const outer = new AbortController();
  const signal = deadline(outer.signal, 60_000);
  expect(signal.aborted).toBe(false);
  outer.abort(new Error("enough"));
  expect(signal.reason).toMatchObject({ message: "enough" });
});

test("a pause says whether it was left to its end", async () => {
  const outer = new AbortController();
  expect(await pause(1, outer.signal)).toBe(true);
  const long = pause(600_000, outer.signal);
  outer.abort();
  expect(await long).toBe(false);
  expect(await pause(600_000, outer.signal)).toBe(false);
});
