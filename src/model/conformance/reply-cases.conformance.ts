import { once } from "node:events";
import { expect, test } from "vitest";
import { failed, never, reply, request, sse, type ModelBench } from "./model-bench.conformance.ts";

/** What a reply is made of, and when it is whole. */
export function replyCases(bench: ModelBench): void {
  const { events, beforeFinish } = bench;

  test("a whole reply, its usage and its finish", async () => {
    bench.answerEvents(events);
    expect(await bench.model().prepare(request).send(never)).toEqual({ ok: true, value: reply });
  });

  test("the same reply however its bytes are cut", async () => {
    const bytes = Buffer.from(events.join(""));
    const one = bench.model();
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      bench.server.answerWith(async (response) => {
        response.writeHead(200, sse);
        response.socket?.setNoDelay(true);
        for (let at = 0; at < bytes.length; at += size) {
          if (!response.write(bytes.subarray(at, at + size))) await once(response, "drain");
          if (at % (size * 8) === 0) await new Promise(setImmediate);
        }
        response.end();
      });
      expect(await one.prepare(request).send(never)).toEqual({ ok: true, value: reply });
    }
  });

  test("a stream that ends before its finish reason is cut, wherever it ends", async () => {
    const one = bench.model();
    for (let count = 0; count <= beforeFinish; count += 1) {
      bench.answerEvents(events.slice(0, count));
      expect(failed(await one.prepare(request).send(never)).failure).toMatchObject({ code: "cut", retryable: true, wholeRun: false });
    }
    bench.answerEvents([events.join("").slice(0, (events[0] ?? "").length + 20)]);
    expect((await bench.fail()).failure.code).toBe("cut");
  });

  test("a reply that is whole is whole though its connection never ends", async () => {
    bench.server.answerWith((response) => void response.writeHead(200, sse).write(events.join("")));
    expect(await bench.model().prepare(request).send(never)).toEqual({ ok: true, value: reply });
  });

  test("a reply whose finish reason came is whole though its connection breaks or falls silent after that; usage is what was told", async () => {
    const expected = { ok: true, value: { ...reply, usage: bench.dialect.usageAtFinish(reply.usage) } };
    const said = events.slice(0, beforeFinish + 1).join("");
    bench.server.answerWith((response) => void response.writeHead(200, sse).write(said, () => response.socket?.end()));
    expect(await bench.model().prepare(request).send(never)).toEqual(expected);
    bench.server.answerWith((response) => void response.writeHead(200, sse).write(said));
    expect(await bench.model({ stallMs: 40 }).prepare(request).send(never)).toEqual(expected);
  });

  test("an error inside a stream is the server's", async () => {
    bench.answerEvents([...events.slice(0, beforeFinish), bench.dialect.errorEvent]);
    expect((await bench.fail()).failure).toMatchObject({ code: "server-error", retryable: true });
  });

  test("what cannot be read is malformed; its connection is closed", async () => {
    bench.server.answerWith((response) => void response.writeHead(200, sse).write(`${events[0] ?? ""}data: {"choices": [{"del\n\n`));
    expect((await bench.fail()).failure).toMatchObject({ code: "malformed-reply", retryable: true, wholeRun: false });
    await bench.server.received[0]?.closed;
    bench.server.answerWith((response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>"));
    expect((await bench.fail()).failure.code).toBe("malformed-reply");
  });
}
