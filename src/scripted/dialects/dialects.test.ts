import { expect, test } from "vitest";
import { z } from "zod";
import { calm, Chat, dialects, eventsOf, hint, post } from "../asked-teacher.conformance.ts";
import { startScriptedTeacher } from "../scripted-teacher.ts";

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
