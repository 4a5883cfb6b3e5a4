import { expect, test } from "vitest";
import { sha256Hex } from "../../base/hash.ts";
import type { Message } from "../../records/message.ts";
import { noUsage } from "../../records/usage.ts";
import { key, never, reply, request, type ModelBench } from "./model-bench.conformance.ts";

/** What is sent, and what is never sent. */
export function requestCases(bench: ModelBench): void {
  const { events } = bench;

  test("the hash is that of the bytes sent, and equal requests are equal bytes", async () => {
    bench.answerEvents(events);
    const one = bench.model();
    const prepared = one.prepare(request);
    await prepared.send(never);
    await one.prepare(structuredClone(request)).send(never);
    expect(sha256Hex(bench.server.received[0]?.body ?? "")).toBe(prepared.hash);
    expect(bench.server.received[1]?.body).toBe(bench.server.received[0]?.body);
    expect(one.prepare({ ...request, temperature: 0.7 }).hash).not.toBe(prepared.hash);
  });

  test("a turn's body begins with the messages of the turn before", async () => {
    bench.answerEvents(events);
    const one = bench.model();
    const next: Message[] = [...request.messages, reply.message, { role: "tool", toolCallId: "one", content: "a.py" }];
    await one.prepare(request).send(never);
    await one.prepare({ ...request, messages: next }).send(never);
    const [first = "", second = ""] = bench.server.received.map(({ body }) => bench.dialect.withoutMarks(body));
    expect(second.startsWith(bench.dialect.upToMessages(first))).toBe(true);
    expect(bench.dialect.upToMessages(first)).toContain("Work.");
  });

  test("the key is in a header and nowhere else; without one none is sent", async () => {
    bench.answerEvents(events);
    await bench.model().prepare(request).send(never);
    await bench.model({ apiKey: null }).prepare(request).send(never);
    const [first, second] = bench.server.received;
    expect(JSON.stringify(first?.headers)).toContain(key);
    expect(first?.body).not.toContain(key);
    expect(JSON.stringify(second?.headers)).not.toContain(key);
    expect(second?.headers.authorization).toBeUndefined();
  });

  test("a key that no header can carry is refused unsent, unseen", async () => {
    const { failure, usage } = await bench.fail({ apiKey: { reveal: () => "sk-line\nbreak" } });
    expect(failure).toMatchObject({ code: "unauthorized", wholeRun: true });
    expect(failure.message).not.toContain("sk-line");
    expect(usage).toEqual(noUsage);
    expect(bench.server.received).toEqual([]);
  });

  test("its name and host say where it is", () => {
    expect(bench.model()).toMatchObject({ name: "served", host: new URL(bench.server.origin).host });
  });
}
