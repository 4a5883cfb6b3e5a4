import { expect, test } from "vitest";
import { noUsage } from "../../records/usage.ts";
import { failed, never, request, sse, type ModelBench } from "./model-bench.conformance.ts";

/** What is left of a call that is given up. */
export function cancelCases(bench: ModelBench): void {
  const { events, beforeFinish } = bench;

  test("cancelled before it is sent: nothing is sent, nothing is paid", async () => {
    const controller = new AbortController();
    controller.abort();
    const { failure, usage } = failed(await bench.model().prepare(request).send(controller.signal));
    expect(failure).toMatchObject({ code: "cancelled", retryable: false, wholeRun: false });
    expect(usage).toEqual(noUsage);
    expect(bench.server.received).toEqual([]);
  });

  test.each([0, beforeFinish, events.length - 1])(
    "cancelled after %i events: never a reply, and the connection is closed",
    async (count) => {
      const controller = new AbortController();
      bench.server.answerWith((response) => void response.writeHead(200, sse).write(events.slice(0, count).join("") + ": here\n\n"));
      const sent = bench.model().prepare(request).send(controller.signal);
      const { closed } = await bench.server.nextRequest();
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.abort();
      expect(failed(await sent).failure.code).toBe("cancelled");
      await closed;
    },
  );

  test("closing ends what is in flight and all connections, and may be done twice", async () => {
    bench.server.answerWith(() => {});
    const one = bench.dialect.create({ baseUrl: bench.server.origin, model: "served", apiKey: null, firstByteMs: 20_000, stallMs: 20_000 });
    const sent = one.prepare(request).send(never);
    const { closed } = await bench.server.nextRequest();
    await one[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
    expect(failed(await sent).failure.code).toBe("cancelled");
    await closed;
  });
}
