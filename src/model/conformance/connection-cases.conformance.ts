import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { noUsage } from "../../records/usage.ts";
import { never, request, sse, type ModelBench } from "./model-bench.conformance.ts";

/** How connections are made, lost and used again. */
export function connectionCases(bench: ModelBench): void {
  const { events, beforeFinish } = bench;

  test("a server that does not listen is unreachable, and costs nothing", async () => {
    const { failure, usage } = await bench.fail({ baseUrl: `http://127.0.0.1:${await closedPort()}` });
    expect(failure).toMatchObject({ code: "unreachable", wholeRun: true, retryable: true });
    expect(failure.message).toContain("ECONNREFUSED");
    expect(usage).toEqual(noUsage);
    expect((await bench.fail({ baseUrl: `http://localhost:${await closedPort()}` })).failure.code).toBe("unreachable");
  });

  test("a server without TLS is unreachable by https", async () => {
    const { failure } = await bench.fail({ baseUrl: bench.server.origin.replace("http:", "https:") });
    expect(failure).toMatchObject({ code: "unreachable", wholeRun: true });
  });

  test("a connection that breaks is lost: before, at the head, in the middle", async () => {
    bench.server.answerWith((response) => void response.socket?.destroy());
    expect((await bench.fail()).failure).toMatchObject({ code: "connection-lost", retryable: true, wholeRun: false });
    bench.server.answerWith((response) => {
      response.writeHead(200, sse).flushHeaders();
      response.socket?.end();
    });
    expect((await bench.fail()).failure.code).toBe("connection-lost");
    bench.server.answerWith((response) => {
      response.writeHead(200, sse).write(events.slice(0, beforeFinish).join(""), () => response.socket?.resetAndDestroy());
    });
    expect((await bench.fail()).failure.code).toBe("connection-lost");
  });

  test("300 requests at once, all answered, under one signal", async () => {
    const held: (() => void)[] = [];
    const all = 300;
    bench.server.answerWith((response) => {
      held.push(() => void response.writeHead(200, sse).end(events.join("")));
      if (held.length === all) for (const release of held) release();
    });
    const one = bench.model();
    const { signal } = new AbortController();
    const outcomes = await Promise.all(Array.from({ length: all }, () => one.prepare(request).send(signal)));
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(all);
  });

  test("one connection serves one request after the other", async () => {
    bench.answerEvents(events);
    const one = bench.model();
    for (let turn = 0; turn < 5; turn += 1) {
      await one.prepare(request).send(never);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(bench.server.connectionsMade()).toBeLessThan(5);
  });
}

async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
