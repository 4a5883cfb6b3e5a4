import { expect, test } from "vitest";
import { z } from "zod";
import { calm, Chat, dialects, eventsOf, hint, isJson, logged, post, underFault } from "./asked-teacher.conformance.ts";
import type { FaultName } from "./fault.ts";
import { startScriptedTeacher } from "./scripted-teacher.ts";

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

function isSpoilt(fault: FaultName, calls: readonly { name: string; arguments: string }[]): boolean {
  if (fault === "several") return calls.length === 2;
  if (fault === "empty") return calls.length === 0;
  if (fault === "wrong-tool") return calls[0]?.name === "open_browser";
  if (fault === "oversized") return calls[0]?.arguments === JSON.stringify({ command: "seq 1 20000" });
  return !isJson(calls[0]?.arguments ?? "");
}
