import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordedReply, startAnsweredModel, type AnsweredModel } from "../answered-model.conformance.ts";
import { createAnthropicMessages } from "./anthropic-messages.ts";

/** Recorded answers of a real vLLM 0.32 (shared/golden), head and chunk framing included, sent as they are. */
const golden = new URL("../../../test/golden/", import.meta.url);
let answered: AnsweredModel;
beforeAll(async () => {
  answered = await startAnsweredModel(createAnthropicMessages);
});
afterAll(() => answered[Symbol.asyncDispose]());

test("text, whole and streamed, in any pieces", async () => {
  for (const [name, size] of [["anth_plain"], ["anth_stream"], ["anth_stream", 5]] as const) {
    const outcome = await answered.replay(`vllm/${name}`, size);
    expect(outcome, name).toMatchObject({ ok: true, value: { finish: "length", usage: { cached: null } } });
    expect(outcome.ok && outcome.value.message.content, name).toMatch(/Evelyn/);
  }
});

test("calls, whole and streamed", async () => {
  for (const name of ["anth_tools_any", "anth_tools_any_stream", "anth_tools_named_stream"]) {
    const outcome = await answered.replay(`vllm/${name}`);
    expect(outcome, name).toMatchObject({ ok: true, value: { message: { toolCalls: [{ name: "read_file" }] } } });
    expect(outcome.ok && outcome.value.message.toolCalls[0]?.id, name).toMatch(/^chatcmpl-tool-/);
  }
});

test("what it read from its cache is counted as cached, where it counts it", async () => {
  const cached = await answered.replay("vllm-cached/anth_system_blocks_cache_control_2");
  expect(cached).toMatchObject({ ok: true, value: { usage: { input: 738, cached: 640 } } });
});

test.each([
  ["anth_bad_model", "unknown-model"],
  ["anth_bad_body", "bad-request"],
  ["anth_overflow", "context-overflow"],
  ["anth_overflow_stream", "context-overflow"],
  ["anth_overflow_maxtokens", "bad-request"],
])("%s is %s", async (name, code) => {
  expect(await answered.replay(`vllm/${name}`)).toMatchObject({ ok: false, error: { failure: { code } } });
});

test("every recording of the dialect is read the same however its bytes are cut", async () => {
  const names = ["vllm", "vllm-cached"].flatMap((folder) =>
    readdirSync(new URL(folder, golden))
      .filter((name) => name.startsWith("anth_"))
      .map((name) => `${folder}/${name.replace(".response.txt", "")}`),
  );
  expect(names.length).toBeGreaterThan(12);
  for (const name of names) {
    const whole = { name, outcome: await answered.replay(name) };
    for (const size of [7, 101]) expect({ name, outcome: await answered.replay(name, size) }).toEqual(whole);
  }
});

test("a recording that breaks off is no reply, wherever it does", async () => {
  const bytes = recordedReply("vllm/anth_tools_any_stream");
  const finish = bytes.indexOf('"stop_reason":"tool_use"');
  for (let length = bytes.indexOf("\r\n\r\n") + 4; length < finish; length += 37) {
    answered.server.answerWith(({ socket }) => void socket?.end(bytes.subarray(0, length)));
    const outcome = await answered.ask();
    expect(outcome, `${length} bytes`).toMatchObject({ ok: false, error: { failure: { code: "connection-lost", retryable: true } } });
  }
});
