import { expect, test } from "vitest";
import type { LineageOutcome } from "../../records/lineage.ts";
import { noSpending, type Spending } from "../../records/usage.ts";
import type { Terminal } from "../command.ts";
import { createProgress, type Progress } from "./progress.ts";

interface Shown {
  readonly progress: Progress;
  readonly said: string[];
  readonly live: string[];
  readonly clock: { ms: number };
}

function shownOn(
  terminal: Pick<Terminal, "interactive" | "columns"> & { rows?: number; details?: string[] },
  spending: Spending = { ...noSpending, costUsd: 0 },
): Shown {
  const [said, live]: [string[], string[]] = [[], []];
  const clock = { ms: 1_000_000 };
  const { details = [], ...shape } = terminal;
  const whole: Terminal = {
    rows: 24,
    ...shape,
    print: () => {},
    exit: () => {},
    hide: () => {},
    say: (line) => void said.push(line),
    live: (lines) => void (lines !== null && live.push(lines.join("\n"))),
  };
  return {
    progress: createProgress(whole, { spending: () => spending, details: () => details, nowMs: () => clock.ms }),
    said,
    live,
    clock,
  };
}

const nothing = { kept: 0, rejected: 0, failed: 0, steps: 0 };
const rejected: LineageOutcome = {
  version: 1,
  lineage: "l",
  state: "rejected",
  rule: "self-check",
  detail: "refused",
  firstRollouts: [],
  selfChecks: [],
  pullRequest: null,
  secondRollout: null,
};

test.each([
  [{ ...noSpending, costUsd: 1.5 }, "· $1.50"],
  [{ ...noSpending, costUsd: 1.5, unknownCostCalls: 2 }, "· ≥ $1.50"],
  [{ ...noSpending, costUsd: null }, "· cost unknown"],
])("the live line says of the cost what is known: %j", (spending, shown) => {
  const { progress, said } = shownOn({ interactive: false, columns: 80 }, spending);
  using _ = progress;
  progress.start({ ...nothing, total: 1 });
  progress.ended(rejected);
  expect(said).toEqual([expect.stringContaining(shown)]);
});

test("counts are of the whole run, those of earlier processes too", () => {
  const { progress, live } = shownOn({ interactive: true, columns: 200 });
  using _ = progress;
  progress.start({ total: 9, kept: 4, rejected: 2, failed: 1, steps: 100 });
  expect(live.at(-1)).toMatch(/ 7\/9 4 kept, 2 rejected, 1 failed · 100 steps · \$0\.00$/);
  progress.ended(rejected);
  progress.step();
  progress.ended(rejected);
  expect(live.at(-1)).toContain(" 9/9 4 kept, 4 rejected, 1 failed · 101 steps · ");
});

test("a rate and a time left are shown once a lineage of this process has ended, and are of this process", () => {
  const { progress, said, live, clock } = shownOn({ interactive: true, columns: 200 });
  {
    using _ = progress;
    progress.start({ ...nothing, total: 1014, kept: 1000 });
    clock.ms += 30_000;
    progress.step();
    expect(live).toHaveLength(2);
    expect(live.join("")).not.toMatch(/min|left|…/);
    progress.ended(rejected);
    clock.ms += 30_000;
    progress.ended(rejected);
    expect(live.at(-1)).toMatch(/ · 2\.0\/min · \$0\.00 · 6 min left$/);
  }
  expect(said).toEqual(["1002/1014 lineages: 1000 kept, 2 rejected, 0 failed · 1 step · 2.0/min · $0.00"]);
});

test.each([40, 60, 80, 120])("at %i columns lines stay whole, on one row, with room for ^C", (columns) => {
  const { progress, said, live } = shownOn({ interactive: true, columns }, { ...noSpending, costUsd: 1234.5, unknownCostCalls: 1 });
  {
    using _ = progress;
    progress.start({ total: 1001, kept: 700, rejected: 200, failed: 99, steps: 123_456 });
    progress.ended(rejected);
    progress.ended(rejected);
  }
  for (const line of live) expect(line.length).toBeLessThanOrEqual(columns - "^C^C".length);
  for (const line of said) expect(line.length).toBeLessThanOrEqual(columns);
  expect(live.at(-1)).toMatch(columns < 60 ? / 1001\/1001$/ : /1001\/1001 700 kept, 202 rejected, 99 failed/);
});

test("a process that did nothing has no last line", () => {
  const { progress, said } = shownOn({ interactive: true, columns: 80 });
  progress.start({ ...nothing, total: 3 });
  progress[Symbol.dispose]();
  expect(said).toEqual([]);
});

test("details stand below the first line, cut to the columns, where there are rows for them", () => {
  const details = ["stages     first-rollout 2", `endpoints  ${"x".repeat(100)}`];
  const tall = shownOn({ interactive: true, columns: 60, details });
  using _tall = tall.progress;
  tall.progress.start({ ...nothing, total: 3 });
  const lines = tall.live.at(-1)?.split("\n") ?? [];
  expect(lines.slice(1)).toEqual(["stages     first-rollout 2", `endpoints  ${"x".repeat(44)}…`]);
  const low = shownOn({ interactive: true, columns: 60, rows: 8, details });
  using _low = low.progress;
  low.progress.start({ ...nothing, total: 3 });
  expect(low.live.at(-1)).not.toContain("\n");
});
