import { expect, test } from "vitest";
import type { Step, Transcript } from "../records/rollout.ts";
import { renderSteps } from "./render-steps.ts";

const step = (turn: number, observation: string, parts: Partial<Step> & { reasoning?: string } = {}): Step => ({
  turn,
  kind: "action",
  reply: {
    role: "assistant",
    content: `content ${turn}`,
    reasoning: parts.reasoning ?? null,
    toolCalls: [{ id: "c", name: "bash", arguments: `{"command":"echo ${turn}"}` }],
  },
  observation,
  ended: "completed",
  exitCode: 0,
  ...parts,
});
const transcript = (...steps: Step[]): Transcript => ({ version: 1, toolset: "sera", tools: [], system: "s", user: "u", steps });
const whole = { maxCharacters: 100_000, dropQuarters: 0 } as const;

test("shows thought, words, call and observation of each step, and no requeries", () => {
  const shown = renderSteps(
    transcript(
      step(0, "one", { reasoning: "hm" }),
      step(1, "bad", { kind: "requery" }),
      step(2, "two", { exitCode: null, ended: "timed-out" }),
    ),
    whole,
  );
  expect(shown).toBe(
    '## Step 1\nthought:\nhm\nsaid:\ncontent 0\ncalled bash:\n{"command":"echo 0"}\nsaw (exit status 0):\none\n\n' +
      '## Step 2\nsaid:\ncontent 2\ncalled bash:\n{"command":"echo 2"}\nsaw:\ntwo\n',
  );
});

test("long reasoning is cut even where there is room", () => {
  expect(renderSteps(transcript(step(0, "o", { reasoning: "r".repeat(50_000) })), whole).length).toBeLessThan(1200);
});

test("keeps to its budget, cutting the longest parts and keeping the short ones", () => {
  const steps = Array.from({ length: 30 }, (_, turn) => step(turn, turn % 3 === 0 ? "long ".repeat(5000) : `short ${turn}`));
  for (const maxCharacters of [20_000, 50_000, 120_000]) {
    const shown = renderSteps(transcript(...steps), { maxCharacters, dropQuarters: 0 });
    expect(shown.length).toBeLessThanOrEqual(maxCharacters);
    expect(shown.length).toBeGreaterThan(maxCharacters * 0.9);
    for (let turn = 1; turn < 30; turn += 3) expect(shown).toContain(`short ${turn}\n`);
    expect(shown).toContain("## Step 1\n");
  }
});

test("where cutting is not enough, the earliest steps go", () => {
  const steps = Array.from({ length: 200 }, (_, turn) => step(turn, `${turn} `.repeat(400)));
  const shown = renderSteps(transcript(...steps), { maxCharacters: 8000, dropQuarters: 0 });
  expect(shown.length).toBeLessThanOrEqual(8000);
  expect(shown).toMatch(/^\[the first \d+ steps are left out\]\n\n## Step 1\d\d\n/);
  expect(shown).toContain("## Step 200\n");
  expect(renderSteps(transcript(...steps), { maxCharacters: 100, dropQuarters: 0 }).length).toBeLessThanOrEqual(100);
});

test.each([
  [8, 0, 1],
  [8, 1, 3],
  [8, 2, 5],
  [8, 3, 7],
  [3, 1, 1],
  [3, 2, 2],
  [3, 3, 3],
  [1, 3, 1],
] as const)("of %i steps, with %i quarters dropped, the first shown is %i", (count, dropQuarters, first) => {
  const steps = Array.from({ length: count }, (_, turn) => step(turn, "o"));
  const shown = renderSteps(transcript(...steps), { ...whole, dropQuarters });
  expect(/## Step (\d+)/.exec(shown)?.[1]).toBe(String(first));
  expect(shown.startsWith("[")).toBe(first > 1);
});

test("no steps", () => expect(renderSteps(transcript(), whole)).toBe(""));
