import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { writeFileSync } from "node:fs";
import { bash, editor, inOrder, submit, type Answer, type ScriptedReply } from "./reply-server.conformance.ts";
import { inEverySandbox } from "./rollout-place.conformance.ts";

const fix = editor({ command: "str_replace", path: "/testbed/a.py", old_str: "x - y", new_str: "x + y" });
const change = bash("echo changed >> b.txt");

await inEverySandbox("a rollout taken up again", (kind, place) => {
  const script = [
    bash("echo 1 >> b.txt && date"),
    { content: "no call" },
    fix,
    bash("cd /tmp; pwd; echo $RANDOM$RANDOM >/dev/null"),
    submit,
    submit,
  ];

  test.each([0, 1, 3, 5])("after it was stopped in request %i it ends as if it had not been", async (stopAt) => {
    const whole = await place().roll(script, { stores: "whole" });
    const wholeText = await whole.transcriptText();
    const asked = place().server.requests.length;
    const stop = new AbortController();
    const answer = inOrder(script);
    const stopping: Answer = (request, index, response) => {
      if (index - asked !== stopAt) return answer(request, index, response);
      stop.abort();
      return null;
    };
    const stopped = await place().roll(stopping, { stores: "resumed", signal: stop.signal });
    expect(stopped.result).toMatchObject({ ok: false, error: { code: "cancelled" } });
    const resumed = await place().roll(answer, { stores: "resumed" });
    expect(unwrap(resumed.result)).toMatchObject({ exit: "submitted", divergedAtStep: null });
    // The times that `date` told differ; the first is what the journal kept.
    const timeless = (text: string): string => text.replaceAll(/\w{3} \w{3} +\d+ \d\d:\d\d:\d\d[^\\]*/g, "~");
    expect(timeless(await resumed.transcriptText())).toBe(timeless(wholeText));
    expect(await resumed.patch()).toBe(await whole.patch());
    expect(unwrap(resumed.result).finalTree).toBe(unwrap(whole.result).finalTree);
    expect(place().server.requests.length - asked).toBe(script.length + 1);
    expect(unwrap(resumed.result).spending).toMatchObject({ calls: script.length + 1, replies: script.length, unknownCostCalls: 1 });
    const again = await place().roll(() => null, { stores: "resumed" });
    expect(await again.transcriptText()).toBe(await resumed.transcriptText());
  });

  test("it meets a limit of cost where it met it at first", async () => {
    const limits = { maxCostUsd: 0.4 };
    const first = await place().roll(script, { limits });
    const again = await place().roll(() => null, { limits });
    expect(unwrap(again.result)).toEqual(unwrap(first.result));
    expect(unwrap(first.result)).toMatchObject({ exit: "exit-cost", steps: 2 });
  });

  test("where the world answers otherwise it goes on from there, marked, and pays for no reply twice", async () => {
    // Sandboxes are made anew, so only what is no file of the snapshot can differ: the kernel's own draw.
    const uuid = "cat /proc/sys/kernel/random/uuid";
    const replies = [change, bash(uuid), bash("echo after"), bash("echo more")];
    const stop = new AbortController();
    const stopping: Answer = (request, index, response) => {
      if (index < 4) return inOrderOf(replies)(request, index, response);
      stop.abort();
      return null;
    };
    await place().roll(stopping, { signal: stop.signal });
    expect(place().server.requests).toHaveLength(5);
    const resumed = await place().roll([bash("echo fresh"), submit, submit]);
    const rollout = unwrap(resumed.result);
    expect(rollout).toMatchObject({ exit: "submitted", divergedAtStep: 1, steps: 5, patchSize: { files: 1, added: 1 } });
    expect((await resumed.transcript()).steps.map(({ reply }) => reply.content)).toEqual([
      "I run echo changed >> b.txt.",
      `I run ${uuid}.`,
      "I run echo fresh.",
      "Done.",
      "Done.",
    ]);
    expect(rollout.spending).toMatchObject({ calls: 8, replies: 7, unknownCostCalls: 1 });
    expect(place().server.requests).toHaveLength(8);
    expect(place().server.requests[5]?.messages.at(-1)?.content).toContain((await resumed.transcript()).steps[1]?.observation.trim());
  });

  test("a divergence is still known after a further resume", async () => {
    const outside = place().folder.at(`outside`);
    // The sandbox none gives commands a /tmp of their own, but only where it sees the word.
    const look = bash(kind === "none" ? `cat ${outside.replace("/tmp", "/t''mp")}` : "cat /proc/sys/kernel/random/uuid");
    writeFileSync(outside, "before\n");
    await stopAfter(2, [look, bash("echo old")]);
    writeFileSync(outside, "after\n");
    await stopAfter(1, [bash("echo new")]);
    const last = await place().roll([submit, submit]);
    if (kind !== "none") return expect(unwrap(last.result)).toMatchObject({ divergedAtStep: 0 });
    expect(unwrap(last.result)).toMatchObject({ divergedAtStep: 0, steps: 4 });
    expect((await last.transcript()).steps.map(({ reply }) => reply.content).slice(1, 2)).toEqual(["I run echo new."]);
  });

  /** Runs until this many new requests were answered, and stops in the next. */
  async function stopAfter(answers: number, replies: readonly ScriptedReply[]): Promise<void> {
    const stop = new AbortController();
    const answer = inOrder(replies);
    const before = place().server.requests.length;
    const stopping: Answer = (request, index, response) => {
      if (index - before < answers) return answer(request, index, response);
      stop.abort();
      return null;
    };
    expect((await place().roll(stopping, { signal: stop.signal })).result).toMatchObject({ ok: false, error: { code: "cancelled" } });
  }
});

/** As `inOrder`, by the place of the request. */
function inOrderOf(replies: readonly ScriptedReply[]): Answer {
  return (_, index) => replies[index] ?? null;
}
