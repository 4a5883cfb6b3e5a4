import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf, daysOf, firstFree, interval, lengthOf, overlaps, subtract, textOf, union } from "../src/interval.ts";

test("days are read and written", () => {
  assert.equal(textOf(dayOf("2026-03-02")), "2026-03-02");
  assert.equal(dayOf("1970-01-02"), 1);
  for (const text of ["2026-02-30", "2026-3-2", ""]) assert.throws(() => dayOf(text), RangeError);
});

test("both ends are included", () => {
  assert.equal(lengthOf(interval(3, 5)), 3);
  assert.ok(overlaps(interval(1, 3), interval(3, 4)));
  assert.ok(!overlaps(interval(1, 3), interval(4)));
  assert.throws(() => interval(5, 4), RangeError);
  assert.deepEqual([...daysOf(interval(0, 1))], ["1970-01-01", "1970-01-02"]);
});

test("union joins what follows without a gap", () => {
  assert.deepEqual(union([interval(8, 9), interval(1, 3), interval(4, 5)]), [interval(1, 5), interval(8, 9)]);
});

test("subtract leaves the gaps, and firstFree takes the first that fits", () => {
  const taken = [interval(3, 4), interval(9, 20)];
  assert.deepEqual(subtract(interval(1, 12), taken), [interval(1, 2), interval(5, 8)]);
  assert.deepEqual(firstFree(interval(1, 12), taken, 3), interval(5, 7));
  assert.equal(firstFree(interval(1, 12), taken, 5), null);
});
