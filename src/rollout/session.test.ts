import { expect, test } from "vitest";
import type { AssistantMessage, ModelReply } from "../records/message.ts";
import type { Action } from "../toolsets/toolset.ts";
import { Session, type Observed } from "./session.ts";

const opening = { system: "You fix bugs.", user: "There is a bug.", tools: [{ name: "bash", description: "runs", parameters: {} }] };

function replyOf(command: string): AssistantMessage {
  return {
    role: "assistant",
    content: `I run ${command}`,
    reasoning: "because",
    toolCalls: [{ id: `id-${command}`, name: "bash", arguments: `{"command":"${command}"}` }],
  };
}

function bash(command: string): Action {
  return { kind: "bash", command };
}

function seen(observation: string, more: Partial<Observed> = {}): Observed {
  return { observation, ended: "completed", exitCode: 0, tookMs: 5, submits: false, ...more };
}

function counted(usage: ModelReply["usage"], message = replyOf("ls")): ModelReply {
  return { message, finish: "tool-calls", usage };
}

const problem = { code: "no-call" as const, message: "Make exactly one call." };

test("the prompt of a turn begins with that of the turn before, byte for byte", () => {
  const session = new Session(opening);
  const prompts: string[] = [];
  for (const command of ["ls", "cat a", "make"]) {
    prompts.push(JSON.stringify(session.messages).slice(0, -1));
    session.observe(replyOf(command), bash(command), seen(`out of ${command}`));
  }
  prompts.push(JSON.stringify(session.messages).slice(0, -1));
  for (const [index, prompt] of prompts.entries()) expect(prompt.startsWith(prompts[index - 1] ?? "")).toBe(true);
  expect(session.messages.map(({ role }) => role)).toEqual([
    "system",
    "user",
    "assistant",
    "tool",
    "assistant",
    "tool",
    "assistant",
    "tool",
  ]);
  expect(session.messages[3]).toEqual({ role: "tool", content: "out of ls", toolCallId: "id-ls" });
});

test("a requery shows signed reasoning as it was signed: a server that signs takes no other", () => {
  const session = new Session(opening);
  const signedReasoning = [{ type: "thinking", thinking: "because", signature: "S" }];
  session.requery({ ...replyOf("x"), signedReasoning }, problem);
  expect(session.messages.at(-2)).toEqual({ role: "assistant", content: "I run x", reasoning: "because", toolCalls: [], signedReasoning });
});

test("a requery is shown once, with the reply but without its calls, and stays in no later prompt", () => {
  const session = new Session(opening);
  session.observe(replyOf("ls"), bash("ls"), seen("a"));
  const before = session.messages;
  session.requery({ ...replyOf("x"), content: "" }, problem);
  expect(session.messages.slice(before.length)).toEqual([
    { role: "assistant", content: "(no text)", reasoning: "because", toolCalls: [] },
    { role: "user", content: problem.message },
  ]);
  session.requery(replyOf("y"), problem);
  expect(session.messages).toHaveLength(before.length + 2);
  session.observe(replyOf("cat"), bash("cat"), seen("b"));
  expect(session.messages.slice(0, before.length)).toEqual(before);
  expect(session.messages).toHaveLength(before.length + 2);
  expect(session.steps.map(({ kind, turn }) => `${turn} ${kind}`)).toEqual(["0 action", "1 requery", "2 requery", "3 action"]);
  expect(session.turn).toBe(4);
});

test("format errors, timeouts and repeats are counted in a row, command time altogether", () => {
  const session = new Session(opening);
  session.requery(replyOf("x"), problem);
  session.requery(replyOf("x"), problem);
  expect(session.standing(0, 0).formatErrorsInARow).toBe(2);
  session.observe(replyOf("a"), bash("a"), seen("late", { ended: "timed-out", tookMs: 100 }));
  expect(session.standing(0, 0)).toMatchObject({ formatErrorsInARow: 0, timeoutsInARow: 1, repeatsInARow: 1, commandMs: 100 });
  session.observe(replyOf("a"), bash("a"), seen("late", { ended: "timed-out", tookMs: 50 }));
  expect(session.standing(0, 0)).toMatchObject({ timeoutsInARow: 2, repeatsInARow: 2, commandMs: 150 });
  session.observe(replyOf("a"), bash("a"), seen("other"));
  expect(session.standing(2, 9)).toMatchObject({ timeoutsInARow: 0, repeatsInARow: 1, costUsd: 2, elapsedMs: 9 });
  session.observe(replyOf("b"), bash("b"), seen("other"));
  expect(session.standing(0, 0).repeatsInARow).toBe(1);
});

test("the server's count is taken, the observation estimated on top, and nothing is marked", () => {
  const session = new Session(opening);
  session.count(counted({ input: 1000, cached: 0, output: 50 }));
  expect(session.standing(0, 0)).toMatchObject({ nextPromptTokens: 1050, usedTokens: 1050 });
  session.observe(replyOf("ls"), bash("ls"), seen("x".repeat(300)));
  expect(session.standing(0, 0).nextPromptTokens).toBe(1150);
  session.count(counted({ input: 1100, cached: 1050, output: 10 }));
  expect(session.standing(0, 0)).toMatchObject({ nextPromptTokens: 1110, usedTokens: 2160 });
  expect(session.contextEstimated).toBe(false);
});

test("where the server does not count, the prompt is estimated from all that was sent, and marked", () => {
  const session = new Session(opening);
  const start = session.standing(0, 0).nextPromptTokens;
  expect(start).toBeGreaterThanOrEqual(Math.ceil(JSON.stringify(opening.tools).length / 3));
  const reply = { ...replyOf("ls"), content: "x".repeat(300), reasoning: "y".repeat(300) };
  session.count(counted({ input: null, cached: null, output: null }, reply));
  expect(session.contextEstimated).toBe(true);
  const after = session.standing(0, 0);
  expect(after.nextPromptTokens).toBeGreaterThan(start + 200);
  expect(after.usedTokens).toBe(after.nextPromptTokens);
});

test("one half of a count is used and the other estimated", () => {
  const session = new Session(opening);
  session.count(counted({ input: 5000, cached: null, output: null }));
  expect(session.contextEstimated).toBe(true);
  expect(session.standing(0, 0).usedTokens).toBeGreaterThan(5000);
});
