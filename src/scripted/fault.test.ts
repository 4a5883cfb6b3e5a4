import { expect, test } from "vitest";
import { parseFaults } from "./fault.ts";
import { createFaultPlan } from "./fault-plan.ts";

test("reads shares by name, and nothing from nothing", () => {
  expect(parseFaults("429=0.05, stall=0.01")).toEqual({ ok: true, value: { "429": 0.05, stall: 0.01 } });
  expect(parseFaults("")).toEqual({ ok: true, value: {} });
  expect(parseFaults("429=0.1,500=0.1,reset=0.1,stall=0.1,cut=0.1,malformed=0.1,several=0.1,oversized=0.1,401=0.1,404=0.1").ok).toBe(true);
});

test.each([
  ["stal=0.1", 'unknown fault "stal"; did you mean "stall"?'],
  ["malfromed=0.1", 'did you mean "malformed"?'],
  ["stall=1.5", "share from 0 to 1"],
  ["stall=-0.1", "share from 0 to 1"],
  ["stall", "share from 0 to 1"],
  ["stall=", "share from 0 to 1"],
  ["stall=x", "share from 0 to 1"],
  ["stall=0.1=0.2", "share from 0 to 1"],
  ["stall=0.1,stall=0.1", "named twice"],
  ["stall=0.7,cut=0.7", "sum to 1.4"],
])("refuses %s", (text, sentence) => {
  expect(parseFaults(text)).toEqual({ ok: false, error: expect.stringContaining(sentence) });
});

test("draws by arrival, not by order: other requests between change nothing", () => {
  const alone = createFaultPlan({ seed: 1, faults: { "429": 0.5 }, faultsInARow: null });
  const among = createFaultPlan({ seed: 1, faults: { "429": 0.5 }, faultsInARow: null });
  const drawn = Array.from({ length: 40 }, () => alone.transport("a"));
  const mixed = drawn.map((_, index) => {
    among.transport(`other ${index}`);
    return among.transport("a");
  });
  expect(mixed).toEqual(drawn);
  expect(new Set(drawn).size).toBe(2);
});

test("without a limit a certain fault never ends; content stops at the limit", () => {
  const endless = createFaultPlan({ seed: 1, faults: { reset: 1 }, faultsInARow: null });
  expect(new Set(Array.from({ length: 50 }, () => endless.transport("a")))).toEqual(new Set(["reset"]));
  const content = createFaultPlan({ seed: 1, faults: { several: 1 }, faultsInARow: 2 });
  expect([0, 1, 2].map((before) => content.content("a", before))).toEqual(["several", "several", null]);
});
