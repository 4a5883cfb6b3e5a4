import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { pause } from "../base/deadline.ts";
import { createBudget } from "../model/budget.ts";
import { Rollout, type RolloutExit } from "../records/rollout.ts";
import type { RolloutLimits } from "./limits.ts";
import { bash, editor, refuse, submit, type Answer, type ScriptedReply } from "./reply-server.conformance.ts";
import { inEverySandbox, sera } from "./rollout-place.conformance.ts";

const fix = editor({ command: "str_replace", path: "/testbed/a.py", old_str: "x - y", new_str: "x + y" });
const change = bash("echo changed >> b.txt");

interface Limited {
  readonly exit: RolloutExit;
  readonly limits: Partial<RolloutLimits>;
  readonly replies: readonly ScriptedReply[];
  readonly steps: number;
}

const [yes, no] = [bash("true"), bash("false")];
const limited: readonly Limited[] = [
  { exit: "exit-steps", limits: { maxSteps: 2 }, replies: [change, yes, no], steps: 2 },
  { exit: "exit-tokens", limits: { maxTokens: 220 }, replies: [change, yes, no], steps: 2 },
  {
    exit: "exit-context",
    limits: { contextTokens: 60_000 },
    replies: [change, bash("true", { usage: { input: 59_000, output: 1000 } }), no],
    steps: 2,
  },
  { exit: "exit-cost", limits: { maxCostUsd: 0.4 }, replies: [change, yes, no], steps: 2 },
  { exit: "exit-format", limits: { formatErrors: 2 }, replies: [change, { content: "no" }, { content: "no!" }, no], steps: 3 },
  { exit: "exit-repeated-actions", limits: { repeatedActions: 3 }, replies: [change, yes, yes, yes, no], steps: 4 },
  { exit: "exit-command-time", limits: { commandTotalMs: 20 }, replies: [bash("sleep 0.1; echo changed >> b.txt"), no], steps: 1 },
  { exit: "exit-command-timeouts", limits: { commandMs: 700 }, replies: [change, bash("sleep 60"), bash("sleep 61"), no], steps: 3 },
];

await inEverySandbox("a rollout", (kind, place) => {
  test("looks, edits, is shown its diff once, and submits", async () => {
    const rolled = await place().roll([bash("ls && cat a.py"), fix, submit, bash("true"), submit]);
    const rollout = Rollout.parse(unwrap(rolled.result));
    expect(rollout).toMatchObject({
      exit: "submitted",
      steps: 5,
      patchSize: { files: 1, added: 1, removed: 1 },
      divergedAtStep: null,
      contextEstimated: false,
    });
    expect(rollout.spending).toMatchObject({ calls: 5, replies: 5, usage: { input: 500, output: 50 }, possiblyPaid: 0 });
    const { steps, system, user } = await rolled.transcript();
    expect(steps.map(({ kind, turn }) => `${turn} ${kind}`)).toEqual([0, 1, 2, 3, 4].map((turn) => `${turn} action`));
    expect(steps[0]?.observation).toContain("return x - y");
    expect(steps[2]?.observation).toContain("+    return x + y");
    expect(steps[4]?.observation).toContain("+    return x + y");
    expect(user).toContain("add subtracts");
    expect(await rolled.patch()).toMatch(/^diff --git a\/a\.py b\/a\.py\n[^]*-    return x - y\n\+    return x \+ y\n$/);
    expect(JSON.stringify({ steps, system, user })).not.toContain(place().folder.path);
  });

  test("the prompt of every turn begins with that of the turn before", async () => {
    await place().roll([bash("ls"), bash("cat b.txt"), fix, submit, submit]);
    const bodies = place().server.requests.map(({ messages }) => JSON.stringify(messages).slice(0, -1));
    expect(bodies).toHaveLength(5);
    for (const [index, body] of bodies.entries()) expect(body.startsWith(bodies[index - 1] ?? "")).toBe(true);
  });

  test("edits by create, str_replace, insert and undo_edit", async () => {
    const path = "/testbed/new.txt";
    const rolled = await place().roll([
      editor({ command: "create", path, file_text: "alpha\nbeta\n" }),
      editor({ command: "str_replace", path, old_str: "beta", new_str: "gamma" }),
      editor({ command: "insert", path, insert_line: 1, new_str: "between" }),
      editor({ command: "undo_edit", path }),
      editor({ command: "create", path: "/testbed/b.txt", file_text: "overwritten" }),
      editor({ command: "view", path: "/testbed" }),
      editor({ command: "str_replace", path: "/testbed/missing", old_str: "a", new_str: "b" }),
      submit,
      submit,
    ]);
    const { steps } = await rolled.transcript();
    expect(unwrap(rolled.result)).toMatchObject({ exit: "submitted", patchSize: { files: 1, added: 2, removed: 0 } });
    expect(await rolled.patch()).toContain("+alpha\n+gamma\n");
    expect(steps[3]?.observation).toContain("undone");
    expect(steps[4]?.observation).toContain("already exists");
    expect(steps[5]?.observation).toContain("/testbed/a.py");
    expect(steps[6]?.observation).toContain("does not exist");
  });

  // What ends a rollout is the loop's own; only the deadline of a command is the sandbox's.
  test.each(kind === "none" ? limited : limited.slice(-1))(
    "$exit ends it, and what was changed stays in its patch",
    async ({ exit, limits, replies, steps }) => {
      const rolled = await place().roll(replies, { limits });
      expect(unwrap(rolled.result)).toMatchObject({ exit, steps, patchSize: { files: 1, added: 1, removed: 0 } });
      expect(place().server.requests).toHaveLength(steps);
      expect(await rolled.patch()).toContain("+changed\n");
    },
  );

  test("where the server counts nothing the context is estimated and marked", async () => {
    const long = bash("seq 1 20000", { usage: null });
    const rolled = await place().roll([bash("echo changed >> b.txt", { usage: null }), long, bash("false")], {
      limits: { contextTokens: 20_000 },
    });
    expect(unwrap(rolled.result)).toMatchObject({ exit: "exit-context", contextEstimated: true, steps: 2, patchSize: { files: 1 } });
  });

  test("a server that says the prompt is too long ends it by its context", async () => {
    const rolled = await place().roll((_, index, response) =>
      index === 0 ? change : refuse(response, { status: 400, message: "maximum context length is 10 tokens" }),
    );
    expect(unwrap(rolled.result)).toMatchObject({ exit: "exit-context", steps: 1, patchSize: { files: 1 } });
    expect(place().server.requests).toHaveLength(2);
  });

  test("the wall clock ends it between two turns", async () => {
    let nowMs = 0;
    const clock = { nowMs: () => Date.now(), monotonicMs: () => nowMs };
    const rolled = await place().roll(
      (_, index) => {
        if (index === 1) nowMs = 60_001;
        return index === 0 ? change : bash("true");
      },
      { context: { clock } },
    );
    expect(unwrap(rolled.result)).toMatchObject({ exit: "exit-wall-clock", steps: 2, patchSize: { files: 1 } });
  });

  test("the wall clock ends it while a reply is waited for, and while a try is waited for", async () => {
    const waiting = await place().roll(() => null, { limits: { rolloutMs: 300 } });
    expect(unwrap(waiting.result)).toMatchObject({ exit: "exit-wall-clock", steps: 0, patchSize: { files: 0 } });
    expect(await waiting.patch()).toBe("");
    const failing: Answer = (_, __, response) => refuse(response, { status: 500, message: "no" });
    const trying = await place().roll(failing, { limits: { rolloutMs: 300 }, context: { pause }, task: { key: "rollout-2" } });
    expect(unwrap(trying.result)).toMatchObject({ exit: "exit-wall-clock", steps: 0 });
  });

  test("replies without one valid call are asked again, shown once, and stay in no later prompt", async () => {
    const malformed = { content: "broken", calls: [{ name: "bash", arguments: '{"command": "touch broken"' }] };
    const several = { content: "two", calls: [...(bash("touch one").calls ?? []), ...(bash("touch two").calls ?? [])] };
    const unknown = { content: "other", calls: [{ name: "browser", arguments: "{}" }] };
    const rolled = await place().roll([malformed, several, bash("echo fine"), unknown, submit, submit]);
    expect(unwrap(rolled.result)).toMatchObject({ exit: "submitted", patchSize: { files: 0 }, steps: 6 });
    const { steps } = await rolled.transcript();
    expect(steps.map(({ kind }) => kind)).toEqual(["requery", "requery", "action", "requery", "action", "action"]);
    const shown = place().server.requests.map(({ messages }) =>
      messages.slice(2).map(({ role, content }) => `${role}: ${content?.slice(0, 6) ?? ""}`),
    );
    expect(shown[1]).toEqual(["assistant: broken", expect.stringMatching(/^user: /)]);
    expect(shown[2]).toEqual(["assistant: two", expect.stringMatching(/^user: /)]);
    expect(shown[3]).toEqual(["assistant: I run ", expect.stringMatching(/^tool: /)]);
    expect(shown[4]?.slice(0, 2)).toEqual(shown[3]);
  });

  test("a reply that was cut by its length is not acted on, however whole its call looks", async () => {
    const rolled = await place().roll([bash("echo cut >> b.txt", { finish: "length" }), submit, submit]);
    expect(unwrap(rolled.result)).toMatchObject({ exit: "submitted", patchSize: { files: 0 } });
    expect((await rolled.transcript()).steps[0]).toMatchObject({ kind: "requery", exitCode: null });
  });

  test("a toolset without a review ends with the first submit", async () => {
    const toolset = sera({ review: null });
    const rolled = await place().roll([change, submit, submit], { task: { toolset } });
    expect(unwrap(rolled.result)).toMatchObject({ exit: "submitted", steps: 2, patchSize: { files: 1 } });
  });

  test("the shell lives through the review; what it left running can change nothing after the end", async () => {
    const rolled = await place().roll([
      bash("mkdir -p sub && cd sub && (sleep 600 && touch late) & echo begun"),
      submit,
      bash("echo still > here.txt"),
      submit,
    ]);
    expect(unwrap(rolled.result)).toMatchObject({ exit: "submitted", patchSize: { files: 1 } });
    expect(await rolled.patch()).toContain("here.txt");
  });

  test("a failure of the model or of the run is no end of ours", async () => {
    const failing = await place().roll((_, __, response) => refuse(response, { status: 500, message: "no" }));
    expect(failing.result).toMatchObject({ ok: false, error: { code: "server-error", retryable: true } });
    const stop = new AbortController();
    stop.abort();
    expect((await place().roll([submit], { signal: stop.signal, task: { key: "rollout-2" } })).result).toMatchObject({ ok: false });
    const missing = { snapshot: { id: "none", path: place().folder.at("nowhere") }, key: "rollout-3" };
    expect((await place().roll([submit], { task: missing })).result).toMatchObject({ ok: false, error: { boundary: "sandbox" } });
    expect(
      (await place().roll([submit, submit], { task: { key: "rollout-4" }, context: { budget: createBudget(1, 1) } })).result,
    ).toMatchObject({
      ok: false,
      error: { code: "budget-spent", wholeRun: true },
    });
  });
});
