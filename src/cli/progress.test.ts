import { expect, test } from "vitest";
import { noSpending } from "../records/usage.ts";
import { createProgress } from "./progress.ts";

test.each([
  [{ ...noSpending, costUsd: 1.5 }, "· $1.50 ·"],
  [{ ...noSpending, costUsd: 1.5, unknownCostCalls: 2 }, "· ≥ $1.50 ·"],
  [{ ...noSpending, costUsd: null }, "· cost unknown ·"],
])("the live line says of the cost what is known: %j", (spending, shown) => {
  const said: string[] = [];
  const terminal = {
    print: () => {},
    say: (line: string) => void said.push(line),
    exit: () => {},
    live: () => {},
    interactive: false,
    columns: 80,
  };
  using progress = createProgress(terminal, () => spending);
  progress.start(1, 0);
  progress.ended({
    version: 1,
    lineage: "l",
    state: "rejected",
    rule: "self-check",
    detail: "refused",
    firstRollouts: [],
    selfChecks: [],
    pullRequest: null,
    secondRollout: null,
  });
  expect(said).toEqual([expect.stringContaining(shown)]);
});
