import { expect, test } from "vitest";
import { dialectNames, dialects, eventsOf, isJson, logged, post, underFault } from "./asked-teacher.conformance.ts";

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
