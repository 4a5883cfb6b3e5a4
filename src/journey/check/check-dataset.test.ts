import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "../../base/hash.ts";
import { unwrap } from "../../base/result.ts";
import { formatRow, textFormats } from "../../formats/format-row.ts";
import { inventedSample } from "../../records/invented-sample.conformance.ts";
import type { Sample } from "../../records/sample.ts";
import { openTokenizer, type Tokenizer } from "../../tokens/tokenizer.ts";
import { toolsetByName } from "../../toolsets/toolsets.ts";
import { openParquetWriter } from "../dataset/parquet-writer.ts";
import { renderedRow } from "../dataset/rendered-row.ts";
import { checkDataset } from "./check-dataset.ts";

let folder: string;
let tokenizer: Tokenizer;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-check-"));
  tokenizer = unwrap(await openTokenizer("qwen3"));
});
afterAll(async () => {
  await tokenizer[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const tools = toolsetByName("sera")?.tools ?? [];

function sample(problem: string): Sample {
  return inventedSample(
    [
      { role: "system", content: "You work." },
      { role: "user", content: problem },
      { role: "assistant", content: "", reasoning: "why", toolCalls: [{ id: "c1", name: "bash", arguments: '{"command": "ls"}' }] },
      { role: "tool", content: "OBSERVATION:\n<think>, </tool_call> and <tool_response> are words here\n", toolCallId: "c1" },
      { role: "assistant", content: "", reasoning: "done", toolCalls: [{ id: "c2", name: "submit", arguments: "{}" }] },
    ],
    { id: problem, tools: [...tools] },
  );
}

const how = { reasoning: "keep_only_think" as const, trainKey: true };

async function write(text: string | Uint8Array): Promise<string> {
  const path = join(folder, `${++files}.jsonl`);
  await writeFile(path, text);
  return path;
}

async function check(path: string, more: { readonly tokenizer?: Tokenizer; readonly context?: number } = {}) {
  return await checkDataset({ path, tokenizer: null, context: null, signal: new AbortController().signal, ...more });
}

/** Kinds and lines of what is found in some rows. */
async function found(...rows: readonly unknown[]): Promise<string[]> {
  const { problems, ok } = await check(await write(rows.map((row) => JSON.stringify(row)).join("\n")));
  expect(ok).toBe(problems.length === 0);
  return problems.map(({ kind, line }) => `${line} ${kind}`);
}

type HermesRow = { readonly messages: readonly { readonly role: string; readonly content: string; readonly train?: boolean }[] };
const hermes = unwrap(formatRow(sample("a"), "hermes", how)) as HermesRow;

/** The row with another text of its first assistant. */
function saying(content: string): object {
  return { ...hermes, messages: hermes.messages.map((message, index) => (index === 2 ? { ...message, content } : message)) };
}

const call = (body: string): string => `<think>\nx\n</think>\n\n<tool_call>\n${body}\n</tool_call>`;
const ls = call('{"name": "bash", "arguments": {"command": "ls"}}');

describe("what we write is sound", () => {
  test.each(textFormats)("%s, as JSONL and as Parquet", async (format) => {
    const rows = ["a", "b"].map((problem) => unwrap(formatRow(sample(problem), format, how)));
    const jsonl = await check(await write(rows.map((row) => JSON.stringify(row)).join("\n")), { tokenizer });
    expect(jsonl).toMatchObject({ ok: true, format, rows: 2, problems: [] });
    expect(jsonl.tokens?.rows ?? null).toBe(format === "sharegpt" ? null : 2);
    const path = join(folder, `${format}.parquet`);
    await using writer = await openParquetWriter(path, format);
    for (const row of rows) await writer.add(row);
    await writer.end();
    await writer.place();
    expect(await check(path, { tokenizer })).toEqual(jsonl);
  });

  test("rendered", async () => {
    const row = unwrap(await renderedRow(sample("a"), "keep_only_think", tokenizer));
    const checked = await check(await write(JSON.stringify(row)), { tokenizer });
    expect(checked).toMatchObject({
      ok: true,
      format: "rendered",
      tokens: { rows: 1, total: row.input_ids.length, longest: row.input_ids.length },
    });
  });
});

describe("hermes rows", () => {
  test.each([
    ["unclosed-think-tag", `<think>\nx\n\n${call("{}").split("\n\n")[1]}`],
    ["unclosed-think-tag", ls.replace("<think>", "")],
    ["nested-think-tag", ls.replace("x", "<think>y</think>")],
    ["text-before-think", `So. ${ls}`],
    ["unclosed-tool-call", ls.replace("</tool_call>", "")],
    ["nested-tool-call", ls.replace('{"name"', '<tool_call>{"name"')],
    ["nested-tool-call", ls.replace("ls", "</tool_call>")],
    ["text-after-tool-call", `${ls}\nAnd so on.`],
    ["tool-call-not-json", call("{'name': 'bash'}")],
    ["tool-call-not-json", call('{"name": "bash", "arguments": [1]}')],
    ["tool-call-not-json", call('{"tool": "bash"}')],
    ["unknown-tool", call('{"name": "python", "arguments": {}}')],
    ["unknown-argument", call('{"name": "bash", "arguments": {"command": "ls", "timeout": 5}}')],
    ["missing-argument", call('{"name": "bash", "arguments": {}}')],
    ["lone-surrogate", ls.replace("x", "\ud83d")],
    ["special-token-in-text", ls.replace("x", "<|im_start|>")],
  ])("%s", async (kind, content) => {
    expect(await found(hermes, saying(content))).toContain(`2 ${kind}`);
  });

  test("an assistant that says nothing", async () => {
    expect(await found(saying(" "))).toEqual(["1 empty-content", "1 result-without-call"]);
  });

  test.each([
    ["missing-system", hermes.messages.slice(1)],
    ["missing-system", hermes.messages.with(0, { role: "system", content: "" })],
    ["role-order", hermes.messages.toSpliced(1, 1)],
    ["role-order", hermes.messages.toSpliced(3, 0, { role: "assistant", content: "x" })],
    ["role-order", [...hermes.messages, { role: "system", content: "x" }]],
    ["unknown-role", [...hermes.messages, { role: "ipython", content: "x" }]],
    ["no-messages", []],
    ["call-without-result", hermes.messages.with(3, { role: "user", content: "x" })],
    ["call-without-result", hermes.messages.toSpliced(3, 1)],
    [
      "result-without-call",
      [...hermes.messages.slice(0, 2), { role: "user", content: "<tool_response>\nx\n</tool_response>" }, ...hermes.messages.slice(2)],
    ],
    ["unclosed-tool-response", hermes.messages.with(3, { role: "user", content: "<tool_response>\nx" })],
    ["no-trained-message", hermes.messages.map((message) => ({ ...message, train: false }))],
    ["train-on-others", hermes.messages.map((message) => ({ ...message, train: true }))],
    ["train-key-missing", hermes.messages.with(0, { role: "system", content: "x" })],
  ])("%s", async (kind, messages) => {
    expect(await found(hermes, { ...hermes, messages })).toContain(`2 ${kind}`);
  });

  test("several results may stand in messages of the user in a row, or in one", async () => {
    const two = `${ls}\n<tool_call>\n{"name": "bash", "arguments": {"command": "pwd"}}\n</tool_call>`;
    const [system, user, said] = hermes.messages;
    const answer = "<tool_response>\nx\n</tool_response>";
    const row = (...answers: readonly string[]): object => ({
      ...hermes,
      messages: [system, user, { ...said, content: two }, ...answers.map((content) => ({ role: "user", content, train: false }))],
    });
    expect(await found(row(answer, answer), row(`${answer}\n${answer}`))).toEqual([]);
  });

  test("rows without tools whose calls nobody could make", async () => {
    const bare = { ...hermes, messages: hermes.messages.with(0, { role: "system", content: "You work.", train: false }) };
    expect(await found({ ...bare, tool_json: [] })).toEqual(["1 no-tools"]);
    expect(await found({ ...bare, tool_json: undefined })).toEqual(["1 no-tools"]);
    expect(await found(bare, { ...hermes, tool_json: undefined })).toEqual([]);
  });

  test("messages as JSON text, and rows of no format", async () => {
    const [, ...others] = hermes.messages;
    expect(await found({ messages: JSON.stringify(others) }, { text: "x" }, [1], 5)).toEqual([
      "1 messages-as-text",
      "1 missing-system",
      "1 no-tools",
      "2 unknown-format",
      "3 odd-row",
      "4 odd-row",
    ]);
  });
});

test("structured rows: arguments, ids and tags", async () => {
  const row = unwrap(formatRow(sample("a"), "messages", how)) as { messages: Record<string, unknown>[] };
  const [system, user, said, answer] = row.messages;
  const calls = (...given: readonly object[]): object => ({
    ...row,
    messages: [
      system,
      user,
      { ...said, tool_calls: given.map((called, index) => ({ id: `c${index + 1}`, type: "function", ...called })) },
      answer,
    ],
  });
  expect(await found(row, calls({ function: { name: "bash", arguments: '{"command": ' } }))).toEqual(["2 tool-call-not-json"]);
  expect(await found(row, calls({ function: { name: "nope", arguments: "{}" } }))).toEqual(["2 unknown-tool"]);
  expect(await found({ ...row, messages: row.messages.with(3, { ...answer, tool_call_id: "other" }) })).toEqual(["1 result-without-call"]);
  expect(await found({ ...row, messages: row.messages.with(2, { ...said, content: "<tool_call>" }) })).toEqual(["1 tool-call-as-text"]);
  const twice = calls(
    { id: "c1", function: { name: "submit", arguments: "{}" } },
    { id: "c1", function: { name: "submit", arguments: "{}" } },
  );
  expect(await found(row, twice)).toEqual(["2 double-call-id"]);
});

test("xml rows: unclosed parameters and unknown functions", async () => {
  const row = unwrap(formatRow(sample("a"), "xml", how)) as HermesRow;
  const saying = (content: string): object => ({ ...row, messages: row.messages.with(2, { role: "assistant", content, train: true }) });
  expect(await found(row, saying("<function=bash>\n<parameter=command>ls\n</function>"))).toEqual([
    "2 unclosed-tool-call",
    "2 missing-argument",
  ]);
  expect(await found(row, saying("<function=nope>\n</function>"))).toEqual(["2 unknown-tool"]);
  expect(await found(row, saying("<function=bash>\n<parameter=command>ls</parameter>"))).toContain("2 unclosed-tool-call");
});

test("sharegpt rows: turns, calls and tools", async () => {
  const row = unwrap(formatRow(sample("a"), "sharegpt", how)) as { conversations: { from: string; value: string }[]; tools: string };
  const turns = row.conversations;
  const called = (value: string): object => ({ ...row, conversations: turns.with(1, { from: "function_call", value }) });
  expect(await found(row, called("not json"))).toEqual(["2 tool-call-not-json"]);
  expect(await found(row, called('{"name": "nope", "arguments": {}}'))).toEqual(["2 unknown-tool"]);
  expect(await found({ ...row, tools: "{" })).toEqual(["1 tools-not-json"]);
  expect(await found({ ...row, system: "" })).toEqual(["1 missing-system"]);
  expect(await found({ ...row, conversations: turns.slice(1) })).toContain("1 role-order");
  expect(await found({ ...row, conversations: turns.slice(0, 3) })).toEqual(["1 role-order"]);
});

test("canonical rows are those of the schema", async () => {
  expect(await found(sample("a"), { ...sample("b"), kind: "t3" }, { ...sample("c"), failedSteps: ["x"] })).toEqual([
    "2 odd-row",
    "3 odd-row",
  ]);
});

test.each([
  ["lengths-differ", { labels: [1, 2] }],
  ["lengths-differ", { attention_mask: [1] }],
  ["no-trained-message", { labels: [-100, -100, -100] }],
  ["labels-differ", { labels: [-100, 7, 3] }],
  ["id-outside-vocabulary", { input_ids: [1, 2, 200_000], labels: [-100, 2, 200_000] }],
  ["id-outside-vocabulary", { input_ids: [1, -2, 3], labels: [1, -2, 3] }],
  ["odd-mask", { attention_mask: [1, 2, 1] }],
  ["odd-row", { labels: [1, 2.5, 3] }],
  ["empty-content", { input_ids: [], labels: [], attention_mask: [] }],
])("rendered rows: %s", async (kind, odd) => {
  const sound = { input_ids: [1, 2, 3], labels: [-100, 2, 3], attention_mask: [1, 1, 1] };
  const { problems } = await check(await write([sound, { ...sound, ...odd }].map((row) => JSON.stringify(row)).join("\n")), { tokenizer });
  expect(problems.map(({ kind: name, line }) => `${line} ${name}`)).toContain(`2 ${kind}`);
  expect(problems.some(({ line }) => line === 1)).toBe(false);
});

test("lines that cannot be read are named, and the rest is looked at", async () => {
  const line = JSON.stringify(hermes);
  const path = await write(
    Buffer.concat([Buffer.from(`${line}\n{"a":\n`), Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from(`${line}\n${line.slice(0, 50)}`)]),
  );
  const { problems, rows } = await check(path);
  expect(problems.map(({ kind, line: at }) => [kind, at])).toEqual([
    ["bad-json", 2],
    ["not-utf8", 3],
    ["duplicate-row", 4],
    ["cut-off", 5],
  ]);
  expect(rows).toBe(2);
  expect((await check(await write("\n\n"))).problems).toMatchObject([{ kind: "no-rows" }]);
  expect((await check(join(folder, "none.jsonl"))).problems).toMatchObject([{ kind: "unreadable-file" }]);
});

test("rows that a context does not hold, and what the student's template refuses", async () => {
  const rows = [hermes, unwrap(formatRow(sample("long ".repeat(2000)), "hermes", how))];
  const path = await write(rows.map((row) => JSON.stringify(row)).join("\n"));
  const whole = await check(path, { tokenizer });
  expect(whole).toMatchObject({ ok: true, tokens: { rows: 2, over: { "32768": 0 } } });
  const { problems } = await check(path, { tokenizer, context: 2000 });
  expect(problems).toMatchObject([{ kind: "over-context", line: 2 }]);
  const exact = await check(path, { tokenizer, context: whole.tokens?.longest ?? 0 });
  expect(exact.ok).toBe(false);
});

test("kinds are counted whole, and a bounded number of each is told", async () => {
  const rows = Array.from({ length: 120 }, () => "{");
  const { problems, counts } = await check(await write(`${rows.join("\n")}\n`));
  expect(counts).toEqual({ "bad-json": 120 });
  expect(problems).toHaveLength(50);
});

test("a manifest beside the file", async () => {
  const own = join(folder, "own");
  await mkdir(own);
  const text = `${JSON.stringify(hermes)}\n`;
  await writeFile(join(own, "hermes.jsonl"), text);
  const manifest = (sha256: string, rows: number): Promise<void> =>
    writeFile(join(own, "manifest.json"), JSON.stringify({ files: [{ name: "hermes.jsonl", sha256, rows }] }));
  await manifest(sha256Hex(text), 1);
  expect((await check(join(own, "hermes.jsonl"))).ok).toBe(true);
  await manifest(sha256Hex("x"), 2);
  const { problems } = await check(join(own, "hermes.jsonl"));
  expect(problems.map(({ kind }) => kind)).toEqual(["manifest-hash", "manifest-rows"]);
  await writeFile(join(own, "manifest.json"), "{");
  expect((await check(join(own, "hermes.jsonl"))).problems).toMatchObject([{ kind: "manifest-unreadable" }]);
});
