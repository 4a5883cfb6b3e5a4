import { createModelPool } from "../model/pool/model-pool.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../base/clock.ts";
import { createScrubber } from "../base/secret.ts";
import { openLocalJournal } from "../ledger/local/local-journal.ts";
import type { Journal } from "../ledger/journal.ts";
import { createBudget } from "../model/budget.ts";
import type { Model } from "../model/model.ts";
import { createOpenAiChat } from "../model/openai-chat/openai-chat.ts";
import { costUsd, priceOf, worstCaseUsd } from "../model/prices.ts";
import type { FaultShares } from "../scripted/fault.ts";
import { startScriptedTeacher } from "../scripted/scripted-teacher.ts";
import { ask, type AskContext } from "./ask.ts";
import { Recording } from "./recording.ts";
import { refuse, startReplyServer } from "./reply-server.conformance.ts";

const never = new AbortController().signal;
const request = { messages: [{ role: "user" as const, content: "Fix it." }], tools: [], temperature: 0.6, maxOutputTokens: 100 };
const price = priceOf("m", { inputPerMtok: 1, cachedPerMtok: 1, outputPerMtok: 10 });

let folder = "";
let opened: AsyncDisposableStack;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ask-"));
  opened = new AsyncDisposableStack();
});
afterEach(async () => {
  await opened.disposeAsync();
  await rm(folder, { recursive: true, force: true });
});

async function openJournal(): Promise<Journal & AsyncDisposable> {
  return await openLocalJournal({ folder, scrubber: createScrubber([]), write: true });
}

function modelAt(baseUrl: string, model = "scripted", stallMs = 10_000): Model {
  return opened.use(createOpenAiChat({ baseUrl, model, apiKey: null, firstByteMs: stallMs, stallMs }));
}

/** `waits`: how long it would have waited between tries, in milliseconds. */
function contextOf(model: Model, more: Partial<AskContext> = {}): AskContext & { waits: number[] } {
  const waits: number[] = [];
  // For the pool the waits have passed.
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() + waits.reduce((sum, waitMs) => sum + waitMs, 0) };
  return {
    teacher: {
      pool: createModelPool({ models: [model], clock, most: Infinity }),
      costUsd: (usage) => costUsd(usage, price),
      worstCaseUsd: (asked) => worstCaseUsd(asked, price),
    },
    budget: createBudget(null, 0),
    clock: systemClock,
    tries: 8,
    pause: async (durationMs, signal) => {
      waits.push(durationMs);
      return !signal.aborted;
    },
    waits,
    ...more,
  };
}

async function kindsOf(journal: Journal, key = "work"): Promise<string[]> {
  return (await journal.read(key)).map((entry) => ("try" in entry ? `${entry.kind} ${entry.turn}/${entry.try}` : entry.kind));
}

test("a reply is asked for once, journaled before it is given, and never bought again", async () => {
  const server = opened.use(await startReplyServer(() => ({ content: "Fixed." })));
  const context = contextOf(modelAt(server.baseUrl));
  const journal = opened.use(await openJournal());
  const first = await ask({ recording: await Recording.open("work", journal), turn: 0, request }, context, never);
  expect(first).toMatchObject({ ok: true, value: { message: { content: "Fixed." }, finish: "stop" } });
  expect(await kindsOf(journal)).toEqual(["intent 0/1", "reply 0/1"]);
  const again = await ask({ recording: await Recording.open("work", journal), turn: 0, request }, context, never);
  expect(again).toEqual(first);
  await journal[Symbol.asyncDispose]();
  const reopened = opened.use(await openJournal());
  const recording = await Recording.open("work", reopened);
  expect(await ask({ recording, turn: 0, request }, context, never)).toEqual(first);
  expect(server.requests).toHaveLength(1);
  expect(context.budget.spentUsd()).toBeCloseTo(200 / 1e6, 12);
  expect(recording.spending).toMatchObject({ calls: 1, replies: 1, possiblyPaid: 0, usage: { input: 100, output: 10 } });
  expect(recording.spending.costUsd).toBeCloseTo(200 / 1e6, 12);
});

test("the intent of a request is durable when the server gets it", async () => {
  const journal = opened.use(await openJournal());
  const seen: string[][] = [];
  const server = opened.use(
    await startReplyServer(async () => {
      seen.push(await kindsOf(journal));
      return { content: "x" };
    }),
  );
  await ask({ recording: await Recording.open("work", journal), turn: 3, request }, contextOf(modelAt(server.baseUrl)), never);
  expect(seen).toEqual([["intent 3/1"]]);
});

const passing: readonly [string, FaultShares][] = [
  ["429", { "429": 1 }],
  ["500", { "500": 1 }],
  ["reset", { reset: 1 }],
  ["cut", { cut: 1 }],
  ["stall", { stall: 1 }],
];

test.each(passing)("a scripted teacher's fault %s is tried over, each try journaled, until it passes", async (_, faults) => {
  const teacher = opened.use(await startScriptedTeacher({ port: 0, seed: 1, latencyMs: 0, faults, faultsInARow: 2, logPath: null }));
  const context = contextOf(modelAt(teacher.openaiBaseUrl, "scripted", 300));
  const journal = opened.use(await openJournal());
  const recording = await Recording.open("work", journal);
  const asked = await ask({ recording, turn: 0, request }, context, never);
  expect(asked.ok).toBe(true);
  expect(await kindsOf(journal)).toEqual(["intent 0/1", "call-failure 0/1", "intent 0/2", "call-failure 0/2", "intent 0/3", "reply 0/3"]);
  expect(context.waits).toHaveLength(2);
  expect(context.waits[1]).toBeGreaterThan(context.waits[0] ?? 0);
  expect(recording.spending).toMatchObject({ calls: 3, replies: 1, possiblyPaid: 0 });
});

test("what the server asks to wait is waited", async () => {
  const server = opened.use(
    await startReplyServer((_, index, response) =>
      index === 0 ? refuse(response, { status: 429, message: "slow down", headers: { "retry-after": "30" } }) : { content: "x" },
    ),
  );
  const context = contextOf(modelAt(server.baseUrl));
  const journal = opened.use(await openJournal());
  expect(await ask({ recording: await Recording.open("work", journal), turn: 0, request }, context, never)).toMatchObject({ ok: true });
  expect(context.waits).toHaveLength(1);
  expect(context.waits[0]).toBeGreaterThanOrEqual(30_000);
});

test("tries are limited, a later process goes on counting them, and what failed stays known", async () => {
  const server = opened.use(await startReplyServer((_, __, response) => refuse(response, { status: 500, message: "oh no" })));
  const context = contextOf(modelAt(server.baseUrl), { tries: 2 });
  const journal = opened.use(await openJournal());
  for (const process of [1, 2]) {
    const asked = await ask({ recording: await Recording.open("work", journal), turn: 0, request }, context, never);
    expect(asked).toMatchObject({ ok: false, error: { code: "server-error", retryable: true, wholeRun: false } });
    expect(server.requests).toHaveLength(process * 2);
  }
  expect((await kindsOf(journal)).filter((kind) => kind.startsWith("intent"))).toEqual([
    "intent 0/1",
    "intent 0/2",
    "intent 0/3",
    "intent 0/4",
  ]);
});

test("a request that is wrong in itself is not tried again", async () => {
  const server = opened.use(
    await startReplyServer((_, __, response) => refuse(response, { status: 400, message: "maximum context length is 10 tokens" })),
  );
  const journal = opened.use(await openJournal());
  const asked = await ask(
    { recording: await Recording.open("work", journal), turn: 0, request },
    contextOf(modelAt(server.baseUrl)),
    never,
  );
  expect(asked).toMatchObject({ ok: false, error: { code: "context-overflow" } });
  expect(server.requests).toHaveLength(1);
});

const wholeRun: readonly [string, number, string][] = [
  ["unauthorized", 401, "bad key"],
  ["unknown-model", 404, "The model `m` does not exist"],
  ["no-credit", 402, "insufficient credit"],
];

test.each(wholeRun)("%s is believed after three tries of an endpoint that never answered", async (code, status, message) => {
  const server = opened.use(await startReplyServer((_, __, response) => refuse(response, { status, message })));
  const journal = opened.use(await openJournal());
  const asked = await ask(
    { recording: await Recording.open("work", journal), turn: 0, request },
    contextOf(modelAt(server.baseUrl)),
    never,
  );
  expect(asked).toMatchObject({ ok: false, error: { code, wholeRun: true } });
  expect(server.requests).toHaveLength(3);
});

test("an endpoint that has answered gets all tries before a cause of the whole run is believed, but for spent credit", async () => {
  const server = opened.use(await startReplyServer(() => ({ content: "x" })));
  const context = contextOf(modelAt(server.baseUrl));
  const journal = opened.use(await openJournal());
  const recording = await Recording.open("work", journal);
  await ask({ recording, turn: 0, request }, context, never);
  server.answerWith((_, __, response) => refuse(response, { status: 401, message: "bad key" }));
  expect(await ask({ recording, turn: 1, request }, context, never)).toMatchObject({ ok: false, error: { code: "unauthorized" } });
  expect(server.requests).toHaveLength(1 + 8);
  server.answerWith((_, index, response) => (index < 10 ? refuse(response, { status: 401, message: "bad key" }) : { content: "again" }));
  expect(await ask({ recording, turn: 2, request }, context, never)).toMatchObject({ ok: true });
  const asked = server.requests.length;
  server.answerWith((_, __, response) => refuse(response, { status: 402, message: "insufficient credit" }));
  expect(await ask({ recording, turn: 3, request }, context, never)).toMatchObject({ ok: false, error: { code: "no-credit" } });
  expect(server.requests).toHaveLength(asked + 3);
});

test("an endpoint that is not there is unreachable, after three tries", async () => {
  const server = await startReplyServer(() => ({}));
  await server[Symbol.asyncDispose]();
  const journal = opened.use(await openJournal());
  const asked = await ask(
    { recording: await Recording.open("work", journal), turn: 0, request },
    contextOf(modelAt(server.baseUrl)),
    never,
  );
  expect(asked).toMatchObject({ ok: false, error: { code: "unreachable", wholeRun: true } });
  expect(await kindsOf(journal)).toHaveLength(6);
});

test("a cancelled call is journaled, given up at once, and its cost is not known", async () => {
  const stop = new AbortController();
  const server = opened.use(
    await startReplyServer(() => {
      stop.abort();
      return null;
    }),
  );
  const journal = opened.use(await openJournal());
  const recording = await Recording.open("work", journal);
  expect(await ask({ recording, turn: 0, request }, contextOf(modelAt(server.baseUrl)), stop.signal)).toMatchObject({
    ok: false,
    error: { code: "cancelled" },
  });
  expect(await kindsOf(journal)).toEqual(["intent 0/1", "call-failure 0/1"]);
  expect(recording.spending).toMatchObject({ unknownCostCalls: 1, possiblyPaid: 0 });
  expect(await ask({ recording, turn: 0, request }, contextOf(modelAt(server.baseUrl)), stop.signal)).toMatchObject({
    ok: false,
    error: { code: "cancelled" },
  });
  expect(server.requests).toHaveLength(1);
});

test("an abort between two tries is a cancellation, not the failure of the last try", async () => {
  const stop = new AbortController();
  const server = opened.use(await startReplyServer((_, __, response) => refuse(response, { status: 500, message: "oh no" })));
  const pause: AskContext["pause"] = async () => {
    stop.abort();
    return false;
  };
  const journal = opened.use(await openJournal());
  const asked = await ask(
    { recording: await Recording.open("work", journal), turn: 0, request },
    contextOf(modelAt(server.baseUrl), { pause }),
    stop.signal,
  );
  expect(asked).toMatchObject({ ok: false, error: { code: "cancelled", wholeRun: false } });
  expect(server.requests).toHaveLength(1);
});

test("a spent budget refuses before anything is sent or journaled", async () => {
  const server = opened.use(await startReplyServer(() => ({ content: "x" })));
  const context = contextOf(modelAt(server.baseUrl), { budget: createBudget(0.001, 0.001) });
  const journal = opened.use(await openJournal());
  const asked = await ask({ recording: await Recording.open("work", journal), turn: 0, request }, context, never);
  expect(asked).toMatchObject({ ok: false, error: { code: "budget-spent", wholeRun: true } });
  expect(server.requests).toHaveLength(0);
  expect(await kindsOf(journal)).toEqual([]);
});

test("a failed call gives its reservation back", async () => {
  const server = opened.use(
    await startReplyServer((_, index, response) => (index === 0 ? refuse(response, { status: 500, message: "oh no" }) : { content: "x" })),
  );
  // Room for one call's worst case at a time.
  const context = contextOf(modelAt(server.baseUrl), { budget: createBudget(0.0012, 0) });
  const journal = opened.use(await openJournal());
  expect(await ask({ recording: await Recording.open("work", journal), turn: 0, request }, context, never)).toMatchObject({ ok: true });
});
