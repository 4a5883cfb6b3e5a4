import { expect, test } from "vitest";
import { unknownUsage } from "../../records/usage.ts";
import { never, reply, request, sse, type ModelBench } from "./model-bench.conformance.ts";

/** How long a server may say nothing. */
export function deadlineCases(bench: ModelBench): void {
  const { events, beforeFinish } = bench;

  test("a server that says nothing passes the first deadline; its connection is closed", async () => {
    bench.server.answerWith(() => {});
    const { failure, usage } = await bench.fail({ firstByteMs: 40, stallMs: 20_000 });
    expect(failure).toMatchObject({ code: "first-byte-timeout", retryable: true, wholeRun: false });
    expect(usage).toEqual(unknownUsage);
    await bench.server.received[0]?.closed;
  });

  test("comments of a proxy are no part of a reply", async () => {
    let pings: NodeJS.Timeout | undefined;
    bench.server.answerWith((response, { closed }) => {
      response.writeHead(200, sse).write(": waiting\n\n");
      pings = setInterval(() => response.write(": waiting\n\n"), 10);
      void closed.then(() => clearInterval(pings));
    });
    expect((await bench.fail({ firstByteMs: 100, stallMs: 20_000 })).failure.code).toBe("first-byte-timeout");
    await bench.server.received[0]?.closed;
  });

  test("a stream that falls silent is stalled; its connection is closed", async () => {
    bench.server.answerWith((response) => void response.writeHead(200, sse).write(events.slice(0, beforeFinish).join("")));
    const { failure } = await bench.fail({ stallMs: 40 });
    expect(failure).toMatchObject({ code: "stalled", retryable: true, wholeRun: false });
    await bench.server.received[0]?.closed;
  });

  test("a stream that goes on slowly does not stall", async () => {
    bench.server.answerWith(async (response) => {
      response.writeHead(200, sse);
      for (const event of events) {
        response.write(event);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      response.end();
    });
    expect(await bench.model({ firstByteMs: 20_000, stallMs: 500 }).prepare(request).send(never)).toEqual({ ok: true, value: reply });
  });

  test("what came while this process was held up is read before the server is called late", async () => {
    bench.server.answerWith((response) => {
      response.writeHead(200, sse).write(events[0]);
      const holdUp = (): void => {
        response.end(events.slice(1).join(""));
        const until = performance.now() + 200;
        while (performance.now() < until);
      };
      setTimeout(() => setImmediate(holdUp), 20);
    });
    expect(await bench.model({ stallMs: 100 }).prepare(request).send(never)).toEqual({ ok: true, value: reply });
  });
}
