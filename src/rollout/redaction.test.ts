import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { createRedactor, type Redactor } from "../redact/redactor.ts";
import { bash, editor, inOrder, submit, type Answer } from "./reply-server.conformance.ts";
import { inEverySandbox, planted, settings } from "./rollout-place.conformance.ts";

const redactorOf = (): Redactor => createRedactor({ key: "run", secrets: [], personal: true });

/** What the teacher sees of the file, and so what it writes. */
const seen = redactorOf().redact(settings);
const [line = ""] = seen.split("\n");

const script = [
  bash("cat settings.py"),
  editor({ command: "str_replace", path: "/testbed/settings.py", old_str: `${line}\nTIMEOUT = 1`, new_str: `TIMEOUT = 2\n${line}` }),
  bash(`grep -c '${line.slice(7, 28)}' settings.py; echo '<SECRET_000000000000>'`),
  submit,
  submit,
];

await inEverySandbox("a rollout whose teacher sees placeholders", (_, place) => {
  test("it edits the real text, and the key is in nothing that was sent or kept but the patch", async () => {
    const redactor = redactorOf();
    const rolled = await place().roll(script, { context: { redactor }, task: { problem: `ask ${planted.address}` } });
    expect(unwrap(rolled.result)).toMatchObject({ exit: "submitted", patchSize: { files: 1, added: 1, removed: 1 } });
    const sent = JSON.stringify(place().server.requests.map(({ text }) => text));
    const transcript = await rolled.transcriptText();
    for (const text of [sent, transcript]) {
      expect(text).not.toContain(planted.key);
      expect(text).not.toContain(planted.address);
      expect(text).toContain(line.slice(7, 28));
    }
    const { steps } = await rolled.transcript();
    expect(steps[1]?.observation).toContain("TIMEOUT = 2");
    expect(steps[2]?.observation).toContain("1\n<SECRET_000000000000>");
    const [first = ""] = settings.split("\n");
    expect(await rolled.patch()).toContain(`@@ -1,2 +1,2 @@\n+TIMEOUT = 2\n ${first}\n-TIMEOUT = 1\n`);
    expect(redactor.count).toBeGreaterThan(4);
  });

  test("taken up again in another process, the placeholders are the same and still stand for the same", async () => {
    const asked = place().server.requests.length;
    const stop = new AbortController();
    const answer = inOrder(script);
    const stopping: Answer = (request, index, response) => {
      if (index - asked !== 2) return answer(request, index, response);
      stop.abort();
      return null;
    };
    const stopped = await place().roll(stopping, { stores: "again", context: { redactor: redactorOf() }, signal: stop.signal });
    expect(stopped.result).toMatchObject({ ok: false, error: { code: "cancelled" } });
    const resumed = await place().roll(answer, { stores: "again", context: { redactor: redactorOf() } });
    expect(unwrap(resumed.result)).toMatchObject({
      exit: "submitted",
      divergedAtStep: null,
      patchSize: { files: 1, added: 1, removed: 1 },
    });
    const whole = await place().roll(script, { stores: "whole", context: { redactor: redactorOf() } });
    expect(await resumed.patch()).toBe(await whole.patch());
    expect(await resumed.transcriptText()).toBe(await whole.transcriptText());
  });
});
