import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAnsweredModel, type AnsweredModel } from "../answered-model.conformance.ts";
import { replyOf } from "../reply-of.conformance.ts";
import { createOpenAiChat } from "./openai-chat.ts";

/** Recorded answers of a real vLLM 0.32 (shared/golden), head and chunk framing included, sent as they are. */
const golden = new URL("../../../test/golden/", import.meta.url);
let answered: AnsweredModel;
beforeAll(async () => {
  answered = await startAnsweredModel(createOpenAiChat);
});
afterAll(() => answered[Symbol.asyncDispose]());

function call(id: string, path: string): { id: string; name: string; arguments: string } {
  return { id, name: "read_file", arguments: `{"path": "${path}", "limit": 8}` };
}

test("a stream of text", async () => {
  const outcome = await answered.replay("vllm/chat_stream");
  expect(outcome).toMatchObject({ ok: true, value: { finish: "length", usage: { input: 12, cached: null, output: 24 } } });
  expect(outcome.ok && outcome.value.message.content).toMatch(/^\n{5}( Evelyn)+$/);
});

test("two calls after a text", async () => {
  expect(await answered.replay("vllm/chat_regex_2calls_stream")).toEqual({
    ok: true,
    value: {
      ...replyOf({
        content: "Let me look.\n",
        toolCalls: [call("chatcmpl-tool-be5157a1cb369af2", "b.py"), call(expect.stringMatching(/^chatcmpl-tool-/), "a.py")],
      }),
      finish: "tool-calls",
      usage: { input: 250, cached: null, output: 111 },
    },
  });
});

test("calls, streamed, not streamed and forced by name, whose finish reason is stop", async () => {
  const expected = { message: { content: "", toolCalls: [call(expect.stringMatching(/./), "b.py")] }, finish: "tool-calls" };
  expect(await answered.replay("vllm/chat_auto_regex_hermes_stream")).toMatchObject({ ok: true, value: expected });
  expect(await answered.replay("vllm/chat_auto_regex_hermes")).toMatchObject({ ok: true, value: expected });
  const named = await answered.replay("vllm/chat_tools_named_stream");
  expect(named).toMatchObject({ ok: true, value: { finish: "stop", message: { toolCalls: [{ arguments: "{}" }] } } });
});

test("a call cut by the limit, and one with broken JSON, are what they are", async () => {
  expect(await answered.replay("vllm/chat_regex_toolcall_cut_stream")).toMatchObject({
    value: { finish: "length", message: { toolCalls: [] } },
  });
  const cut = { finish: "length", message: { content: '<tool_call>\n{"name"', toolCalls: [] } };
  expect(await answered.replay("vllm/chat_regex_toolcall_cut_by_max_tokens")).toMatchObject({ value: cut });
  const unclosed = { finish: "tool-calls", message: { toolCalls: [{ name: "read_file", arguments: '{"path": "a.py"' }] } };
  expect(await answered.replay("vllm/chat_regex_brokenjson_stream")).toMatchObject({ value: unclosed });
  expect(await answered.replay("vllm/chat_regex_brokenjson")).toMatchObject({ value: { finish: "stop", message: { toolCalls: [] } } });
});

test("cached tokens: known with reporting on, unknown with it off", async () => {
  const cached = { usage: { input: 735, cached: 640, output: 2 } };
  expect(await answered.replay("vllm-cached/prefix_2_stream")).toMatchObject({ ok: true, value: cached });
  const off = await answered.replay("vllm/prefix_2_stream");
  expect(off.ok && off.value.usage.cached).toBeNull();
  const noUsage = await answered.replay("vllm/chat_stream_nousage");
  expect(noUsage).toMatchObject({ ok: true, value: { usage: { input: null, cached: null, output: null } } });
});

test.each([
  ["overflow_prompt_stream", "context-overflow"],
  ["bad_model", "unknown-model"],
  ["bad_temperature", "bad-request"],
  ["bad_json", "bad-request"],
  ["overflow_maxtokens_huge", "bad-request"],
])("the error %s is %s", async (name, code) => {
  expect(await answered.replay(`vllm/${name}`)).toMatchObject({ ok: false, error: { failure: { code } } });
});

test("a recording that was cut in its middle is no reply", async () => {
  expect(await answered.replay("vllm/disconnect_stream")).toMatchObject({ ok: false, error: { failure: { code: "connection-lost" } } });
});

test("every recording is read the same however its bytes are cut", async () => {
  const names = ["vllm", "vllm-cached"].flatMap((folder) =>
    readdirSync(new URL(folder, golden)).map((name) => `${folder}/${name.replace(".response.txt", "")}`),
  );
  expect(names.length).toBeGreaterThan(30);
  for (const name of names.filter((name) => !name.includes("disconnect") && !name.endsWith("overflow_maxtokens"))) {
    const whole = { name, outcome: await answered.replay(name) };
    expect({ name, outcome: await answered.replay(name, 7) }).toEqual(whole);
    expect({ name, outcome: await answered.replay(name, 101) }).toEqual(whole);
  }
});
