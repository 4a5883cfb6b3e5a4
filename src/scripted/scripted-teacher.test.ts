import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { sha256Hex } from "../base/hash.ts";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import type { FaultName } from "./fault.ts";
import { startScriptedTeacher } from "./scripted-teacher.ts";
import type { ScriptedTeacherOptions } from "./scripted-teacher.ts";

const folder = mkdtempSync(join(tmpdir(), "scripted-teacher-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const calm: ScriptedTeacherOptions = { port: 0, seed: 7, latencyMs: 0, faults: {}, faultsInARow: 2, logPath: null };

const hint = "Something is wrong when I call `Store.add` in `shop/store.py` with odd values.";
const parameters = { type: "object", properties: {}, required: [] };
const chatTools = ["bash", "str_replace_editor", "submit"].map((name) => ({ type: "function", function: { name, parameters } }));
const messagesTools = ["bash", "str_replace_editor", "submit"].map((name) => ({ name, input_schema: parameters }));

const dialects = {
  chat: {
    path: "/v1/chat/completions",
    body: (stream: boolean, more: object = {}): string =>
      JSON.stringify({ model: "scripted", stream, messages: [{ role: "user", content: hint }], tools: chatTools, ...more }),
  },
  messages: {
    path: "/v1/messages",
    body: (stream: boolean, more: object = {}): string =>
      JSON.stringify({
        model: "scripted",
        max_tokens: 9999,
        stream,
        messages: [{ role: "user", content: hint }],
        tools: messagesTools,
        ...more,
      }),
  },
} as const;
type DialectName = keyof typeof dialects;
const dialectNames = ["chat", "messages"] as const;

const LogLine = z.strictObject({
  time: z.iso.datetime(),
  hash: z.string(),
  outcome: z.string(),
  inputTokens: z.number(),
  outputTokens: z.number(),
});

function logged(path: string): z.infer<typeof LogLine>[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => LogLine.parse(JSON.parse(line)));
}

function post(url: string, body: string, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(url, { method: "POST", body, signal, headers: { "content-type": "application/json" } });
}

function eventsOf(text: string): { [member: string]: unknown }[] {
  const data = text.split("\n").filter((line) => line.startsWith("data: ") && line !== "data: [DONE]");
  return data.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line.slice(6))));
}

/** A seed whose teacher gives the first request this fault in the wanted variant. */
async function underFault(fault: FaultName, dialect: DialectName, seed = 7): Promise<{ url: string; logPath: string } & AsyncDisposable> {
  const logPath = join(folder, `${fault}-${dialect}-${seed}.jsonl`);
  const teacher = await startScriptedTeacher({ ...calm, seed, faults: { [fault]: 1 }, logPath });
  return { url: teacher.url + dialects[dialect].path, logPath, [Symbol.asyncDispose]: () => teacher[Symbol.asyncDispose]() };
}

test("the same request gets the same bytes from two teachers, streamed or not, in both dialects", async () => {
  await using first = await startScriptedTeacher(calm);
  await using second = await startScriptedTeacher({ ...calm, latencyMs: 5 });
  for (const dialect of dialectNames) {
    for (const stream of [false, true]) {
      const { path, body } = dialects[dialect];
      const texts = await Promise.all([first, second, first].map(async ({ url }) => (await post(url + path, body(stream))).text()));
      expect(new Set(texts).size).toBe(1);
      expect(texts[0]).toContain("scripted");
    }
  }
});

test("nobody reaches it but this machine by its loopback address", async () => {
  await using teacher = await startScriptedTeacher(calm);
  const others = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter(({ scopeid }) => !scopeid));
  const hosts = others.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
  const reached: string[] = [];
  for (const host of new Set(["127.0.0.1", "127.0.0.2", ...hosts])) {
    const answer = await fetch(`http://${host}:${new URL(teacher.url).port}/v1/models`).catch(() => null);
    if (answer !== null) reached.push(host);
  }
  expect(reached).toEqual(["127.0.0.1"]);
});

test("another seed or another task plays otherwise", async () => {
  const texts = new Set<string>();
  for (let seed = 0; seed < 8; seed++) {
    await using teacher = await startScriptedTeacher({ ...calm, seed });
    texts.add(await (await post(teacher.url + dialects.chat.path, dialects.chat.body(false))).text());
  }
  expect(texts.size).toBeGreaterThan(3);
});

const Chat = z.object({
  model: z.literal("scripted"),
  choices: z.tuple([
    z.object({
      finish_reason: z.string(),
      message: z.object({
        content: z.string(),
        reasoning_content: z.string(),
        tool_calls: z.array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) })).default([]),
      }),
    }),
  ]),
  usage: z.object({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    prompt_tokens_details: z.object({ cached_tokens: z.number() }),
  }),
});

test("a whole chat reply has reasoning, one call, its finish reason and usage that counts the cache", async () => {
  await using teacher = await startScriptedTeacher(calm);
  const first = Chat.parse(await (await post(teacher.url + dialects.chat.path, dialects.chat.body(false))).json());
  expect(first.choices[0].finish_reason).toBe("tool_calls");
  expect(first.choices[0].message.tool_calls).toHaveLength(1);
  expect(first.usage.prompt_tokens_details.cached_tokens).toBe(0);
  const call = first.choices[0].message.tool_calls[0];
  const history = [
    { role: "user", content: hint },
    { role: "assistant", content: "", tool_calls: [{ type: "function", ...call }] },
    { role: "tool", tool_call_id: call?.id, content: "OBSERVATION:\nshop\n" },
  ];
  const next = Chat.parse(await (await post(teacher.url + dialects.chat.path, dialects.chat.body(false, { messages: history }))).json());
  expect(next.usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(0);
  expect(next.usage.prompt_tokens_details.cached_tokens).toBeLessThan(next.usage.prompt_tokens);
});

test("a streamed chat reply joins to the whole one, and sends usage only when asked", async () => {
  await using teacher = await startScriptedTeacher(calm);
  const url = teacher.url + dialects.chat.path;
  const whole = Chat.parse(await (await post(url, dialects.chat.body(false))).json());
  const text = await (await post(url, dialects.chat.body(true, { stream_options: { include_usage: true } }))).text();
  const Delta = z.object({
    choices: z.array(
      z.object({
        delta: z.object({
          content: z.string().optional(),
          reasoning_content: z.string().optional(),
          tool_calls: z.array(z.object({ function: z.object({ arguments: z.string() }) })).optional(),
        }),
      }),
    ),
  });
  const deltas = eventsOf(text).flatMap((event) => Delta.parse(event).choices.map((choice) => choice.delta));
  const { message } = whole.choices[0];
  expect(deltas.map((delta) => delta.content ?? "").join("")).toBe(message.content);
  expect(deltas.map((delta) => delta.reasoning_content ?? "").join("")).toBe(message.reasoning_content);
  const streamed = deltas.flatMap((delta) => delta.tool_calls ?? []).map((call) => call.function.arguments);
  expect(streamed.join("")).toBe(message.tool_calls[0]?.function.arguments);
  expect(text).toMatch(/"usage":\{"prompt_tokens":\d+/);
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  expect(await (await post(url, dialects.chat.body(true))).text()).not.toContain("usage");
});

test("a conversation goes on the same in both dialects", async () => {
  await using teacher = await startScriptedTeacher(calm);
  const Block = z.looseObject({ type: z.string(), id: z.string().optional() });
  const Whole = z.object({ content: z.array(Block), stop_reason: z.string(), usage: z.record(z.string(), z.number()) });
  const chat: object[] = [{ role: "user", content: hint }];
  const messages: object[] = [{ role: "user", content: [{ type: "text", text: hint }] }];
  for (const observation of ["OBSERVATION:\nshop/\n", "OBSERVATION:\n3:def add(self, item):\n9\n", "OBSERVATION:\nnothing\n"]) {
    const said = Chat.parse(await (await post(teacher.url + dialects.chat.path, dialects.chat.body(false, { messages: chat }))).json());
    const reply = await post(teacher.url + dialects.messages.path, dialects.messages.body(false, { messages }));
    const whole = Whole.parse(await reply.json());
    const call = said.choices[0].message.tool_calls[0];
    const use = whole.content.find((block) => block.type === "tool_use");
    expect(use).toMatchObject({ id: call?.id, name: call?.function.name, input: JSON.parse(call?.function.arguments ?? "") });
    expect(whole.stop_reason).toBe("tool_use");
    expect((whole.usage["cache_read_input_tokens"] ?? 0) > 0).toBe(messages.length > 1);
    chat.push({ role: "assistant", content: "", tool_calls: [{ type: "function", ...call }] });
    chat.push({ role: "tool", tool_call_id: call?.id, content: observation });
    messages.push({ role: "assistant", content: whole.content });
    messages.push({
      role: "user",
      content: [{ type: "tool_result", tool_use_id: use?.id, content: [{ type: "text", text: observation }] }],
    });
  }
});

test("a streamed message has the events of Anthropic in order", async () => {
  await using teacher = await startScriptedTeacher(calm);
  const text = await (await post(teacher.url + dialects.messages.path, dialects.messages.body(true))).text();
  const events = eventsOf(text);
  expect(events[0]?.["type"]).toBe("message_start");
  expect(events.at(-2)).toMatchObject({ type: "message_delta", delta: { stop_reason: "tool_use" } });
  expect(events.at(-1)).toEqual({ type: "message_stop" });
  const starts = events.filter((event) => event["type"] === "content_block_start");
  expect(starts).toMatchObject([
    { index: 0, content_block: { type: "thinking" } },
    { index: 1, content_block: { type: "text" } },
    { index: 2, content_block: { type: "tool_use", name: expect.any(String) } },
  ]);
});

test("the log line is on disk before the reply ends, with the hash of the exact bytes", async () => {
  const logPath = join(folder, "order.jsonl");
  await using teacher = await startScriptedTeacher({ ...calm, logPath });
  const body = dialects.chat.body(true, { note: "exact bytes: ä" });
  const reply = await post(teacher.url + dialects.chat.path, body);
  expect(logged(logPath)).toMatchObject([{ hash: sha256Hex(body), outcome: "ok" }]);
  await reply.text();
  expect(logged(logPath)).toHaveLength(1);
});

const noFullDevice = existsSync("/dev/full") ? null : "there is no /dev/full to write to";

test("no reply is sent whose line could not be written first", skippedIf(noFullDevice), async () => {
  await using teacher = await startScriptedTeacher({ ...calm, logPath: "/dev/full" });
  await expect(post(teacher.url + dialects.chat.path, dialects.chat.body(false))).rejects.toThrow();
});

test.each(dialectNames)("%s: another model is 404, a body that is no request 400, and both are logged", async (dialect) => {
  const logPath = join(folder, `refused-${dialect}.jsonl`);
  await using teacher = await startScriptedTeacher({ ...calm, logPath });
  const { path, body } = dialects[dialect];
  const unknown = await post(teacher.url + path, body(true, { model: "gpt-x" }));
  expect(unknown.status).toBe(404);
  expect(await unknown.text()).toMatch(dialect === "chat" ? /"code":"model_not_found"/ : /"type":"error".*not_found_error/);
  for (const bad of ["{", "[]", '{"model":"scripted"}']) expect((await post(teacher.url + path, bad)).status).toBe(400);
  expect(logged(logPath).map((line) => line.outcome)).toEqual(["404", "400", "400", "400"]);
});

test("models are listed, and other paths are not there", async () => {
  await using teacher = await startScriptedTeacher(calm);
  const models: unknown = await (await fetch(`${teacher.openaiBaseUrl}/models`)).json();
  expect(models).toMatchObject({ data: [{ id: "scripted" }] });
  expect((await fetch(`${teacher.url}/v1/embeddings`, { method: "POST" })).status).toBe(404);
  expect(teacher.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test.each(dialectNames.flatMap((dialect) => (["429", "500", "401", "404", "402", "529"] as const).map((fault) => ({ dialect, fault }))))(
  "$dialect: fault $fault is that status twice, then the reply",
  async ({ dialect, fault }) => {
    await using teacher = await underFault(fault, dialect);
    const body = dialects[dialect].body(true);
    const statuses: number[] = [];
    for (let arrival = 0; arrival < 4; arrival++) {
      const reply = await post(teacher.url, body);
      statuses.push(reply.status);
      expect(reply.headers.get("retry-after")).toBe(reply.status === 429 ? "1" : null);
      const text = await reply.text();
      const shape = { [reply.status === 200 ? "model" : "error"]: expect.anything() };
      expect(text.startsWith("{") ? JSON.parse(text) : { model: "streamed" }).toMatchObject(shape);
    }
    expect(statuses).toEqual([Number(fault), Number(fault), 200, Number(fault)]);
    expect(logged(teacher.logPath).map((line) => line.outcome)).toEqual([fault, fault, "ok", fault]);
  },
);

test.each(dialectNames)(
  "%s: error and garbled stand in the middle of a stream that then goes on; whole they are a 529 and no JSON",
  async (dialect) => {
    await using failing = await underFault("error", dialect);
    const streamed = await (await post(failing.url, dialects[dialect].body(true))).text();
    const error = streamed.search(/"error":\{/);
    const finish = streamed.search(/"(finish|stop)_reason":"/);
    expect([error > 0, finish > error]).toEqual([true, true]);
    expect((await post(failing.url, dialects[dialect].body(false))).status).toBe(529);
    await using garbled = await underFault("garbled", dialect);
    const [stream, whole] = await Promise.all(
      [true, false].map(async (asked) => (await post(garbled.url, dialects[dialect].body(asked))).text()),
    );
    expect(() => eventsOf(stream ?? "")).toThrow();
    expect(stream).toMatch(/"(finish|stop)_reason":"/);
    expect(isJson(whole ?? "")).toBe(false);
  },
);

test.each(dialectNames)("%s: reset closes the connection without a reply", async (dialect) => {
  await using teacher = await underFault("reset", dialect);
  await expect(post(teacher.url, dialects[dialect].body(true))).rejects.toThrow();
  expect(logged(teacher.logPath).map((line) => line.outcome)).toEqual(["reset"]);
});

test.each(dialectNames)("%s: cut ends in the middle, without a finish reason, abruptly or as if complete", async (dialect) => {
  const ends = new Set<string>();
  for (let seed = 0; seed < 12 && ends.size < 2; seed++) {
    await using teacher = await underFault("cut", dialect, seed);
    const reply = await post(teacher.url, dialects[dialect].body(true));
    const read = await partsOf(reply);
    ends.add(read.ended);
    expect(eventsOf(read.text).length).toBeGreaterThan(2);
    expect(read.text).not.toMatch(/"finish_reason":"|"stop_reason":"|\[DONE\]|message_stop/);
  }
  expect([...ends].sort()).toEqual(["abruptly", "properly"]);
});

test.each(dialectNames)("%s: cut of a reply that is not streamed breaks off inside its JSON", async (dialect) => {
  await using teacher = await underFault("cut", dialect);
  const read = await partsOf(await post(teacher.url, dialects[dialect].body(false)));
  expect(read).toMatchObject({ ended: "abruptly", text: expect.stringMatching(/^\{"id"/) });
});

test.each(dialectNames)("%s: stall is silent after the first part or before it, until the client goes away", async (dialect) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 12 && seen.size < 2; seed++) {
    await using teacher = await underFault("stall", dialect, seed);
    const leaving = new AbortController();
    const asked = post(teacher.url, dialects[dialect].body(true), leaving.signal);
    const patience = setTimeout(() => leaving.abort(), 300);
    try {
      const reply = await asked;
      const { text, ended } = await partsOf(reply);
      expect(ended).toBe("abruptly");
      expect(text).toMatch(/^(event|data): /);
      seen.add("after the first part");
    } catch {
      seen.add("before it");
    } finally {
      clearTimeout(patience);
    }
    expect(logged(teacher.logPath).map((line) => line.outcome)).toEqual(["stall"]);
  }
  expect(seen.size).toBe(2);
});

async function partsOf(reply: Response): Promise<{ text: string; ended: "properly" | "abruptly" }> {
  let text = "";
  try {
    for await (const chunk of reply.body ?? []) text += Buffer.from(chunk).toString("utf8");
    return { text, ended: "properly" };
  } catch {
    return { text, ended: "abruptly" };
  }
}

test.each(["malformed", "several", "oversized", "empty", "wrong-tool"] as const)(
  "chat: %s spoils the call, twice in a row at most, also for a client that keeps only the last",
  async (fault) => {
    await using teacher = await underFault(fault, "chat");
    let history: object[] = [{ role: "user", content: hint }];
    const proper: boolean[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const reply = Chat.parse(await (await post(teacher.url, dialects.chat.body(false, { messages: history }))).json());
      const { content, reasoning_content, tool_calls: calls } = reply.choices[0].message;
      proper.push(
        !isSpoilt(
          fault,
          calls.map((call) => call.function),
        ),
      );
      history = [
        history[0] ?? {},
        { role: "assistant", content, reasoning_content },
        { role: "user", content: "That was no single valid call. Try again." },
      ];
    }
    expect(proper).toEqual([false, false, true]);
    expect(logged(teacher.logPath).map((line) => line.outcome)).toEqual([fault, fault, "ok"]);
  },
);

test("chat: a call of a wrong tool that a client answers with an error is passed over", async () => {
  await using spoilt = await underFault("wrong-tool", "chat");
  await using other = await startScriptedTeacher(calm);
  const ask = async (url: string, history: object[]): Promise<z.infer<typeof Chat>["choices"][0]["message"]> =>
    Chat.parse(await (await post(url, dialects.chat.body(false, { messages: history }))).json()).choices[0].message;
  const first = { role: "user", content: hint };
  const wrong = await ask(spoilt.url, [first]);
  const tool_calls = wrong.tool_calls.map((call) => ({ type: "function", ...call }));
  const answered = { role: "tool", tool_call_id: tool_calls[0]?.id, content: "There is no such tool." };
  const next = await ask(other.url + dialects.chat.path, [first, { ...wrong, role: "assistant", tool_calls }, answered]);
  const proper = await ask(other.url + dialects.chat.path, [first]);
  expect(next.tool_calls[0]?.function).toEqual(proper.tool_calls[0]?.function);
});

function isSpoilt(fault: FaultName, calls: readonly { name: string; arguments: string }[]): boolean {
  if (fault === "several") return calls.length === 2;
  if (fault === "empty") return calls.length === 0;
  if (fault === "wrong-tool") return calls[0]?.name === "open_browser";
  if (fault === "oversized") return calls[0]?.arguments === JSON.stringify({ command: "seq 1 20000" });
  return !isJson(calls[0]?.arguments ?? "");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("messages: a malformed streamed call has arguments that do not parse, several has two tool blocks", async () => {
  await using malformed = await underFault("malformed", "messages");
  const broken = eventsOf(await (await post(malformed.url, dialects.messages.body(true))).text());
  const Delta = z.object({ delta: z.object({ partial_json: z.string() }) });
  const parts = broken.flatMap((event) => Delta.safeParse(event).data?.delta.partial_json ?? []);
  expect(isJson(parts.join(""))).toBe(false);
  await using several = await underFault("several", "messages");
  const text = await (await post(several.url, dialects.messages.body(true))).text();
  expect(text.match(/"type":"tool_use"/g)).toHaveLength(2);
  await using empty = await underFault("empty", "messages");
  const { content } = z
    .object({ content: z.array(z.object({ type: z.string() })) })
    .parse(await (await post(empty.url, dialects.messages.body(false))).json());
  expect(content.map(({ type }) => type)).toEqual(["thinking"]);
  await using oversized = await underFault("oversized", "messages");
  expect(await (await post(oversized.url, dialects.messages.body(false))).text()).toContain("seq 1 20000");
});

test("shares are kept over many requests, and the limit of output tokens too", async () => {
  const logPath = join(folder, "shares.jsonl");
  await using teacher = await startScriptedTeacher({ ...calm, faults: { "500": 0.2, malformed: 0.3 }, logPath });
  const bodies = Array.from({ length: 400 }, (_, index) =>
    dialects.chat.body(false, { messages: [{ role: "user", content: `${hint} ${index}` }] }),
  );
  await Promise.all(bodies.map(async (body) => (await post(teacher.url + dialects.chat.path, body)).arrayBuffer()));
  const count = (outcome: string): number => logged(logPath).filter((line) => line.outcome === outcome).length;
  expect(count("500")).toBeGreaterThan(50);
  expect(count("500")).toBeLessThan(110);
  expect(count("malformed")).toBeGreaterThan(85);
  expect(count("malformed")).toBeLessThan(155);
  await using other = await startScriptedTeacher(calm);
  const short = await (await post(other.url + dialects.chat.path, dialects.chat.body(false, { max_tokens: 2 }))).text();
  expect(short).toContain('"finish_reason":"length"');
});

test("closing twice is fine, and cuts what is still being waited for", async () => {
  const teacher = await startScriptedTeacher({ ...calm, latencyMs: 60_000 });
  const asked = post(teacher.url + dialects.chat.path, dialects.chat.body(true)).catch(() => "cut");
  const connected = await fetch(`${teacher.url}/v1/models`);
  await connected.text();
  await teacher[Symbol.asyncDispose]();
  await teacher[Symbol.asyncDispose]();
  expect(await asked).toBe("cut");
});
