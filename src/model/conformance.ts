import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256Hex } from "../base/hash.ts";
import type { AssistantMessage, Message, ModelReply } from "../records/message.ts";
import { noUsage, unknownUsage, type Usage } from "../records/usage.ts";
import type { Outcome } from "./exchange.ts";
import type { CallFailure, EndpointOptions, Model, TurnRequest } from "./model.ts";
import { startAnsweringServer } from "./answering-server.conformance.ts";
import type { AnsweringServer } from "./answering-server.conformance.ts";

/** How a server of the dialect says what it says. */
export interface DialectCase {
  readonly name: string;
  /** The events of a stream that says `reply`: all of it up to its end. `beforeFinish` of them come before the finish reason. */
  stream(reply: ModelReply): { readonly events: readonly string[]; readonly beforeFinish: number };
  /** An event in a stream that says that the server failed. */
  readonly errorEvent: string;
  readonly overflow: string;
  readonly unknownModel: string;
  readonly noCredit: string;
  /** What of a request's body comes before the end of its messages. `withoutMarks`: the body without what a server's cache is told, which moves on. */
  readonly upToMessages: (body: string) => string;
  readonly withoutMarks: (body: string) => string;
  /** What of the usage of `reply` is known when its finish reason is. */
  usageAtFinish(usage: Usage): Usage;
  create(options: EndpointOptions): Model & AsyncDisposable;
}

const key = "sk-conformance-0123456789";
const sse = { "content-type": "text/event-stream; charset=utf-8" };
const never = new AbortController().signal;

const reply: ModelReply = {
  message: {
    role: "assistant",
    content: "Ich sehe — 見る 🦉 nach.",
    reasoning: "Zuerst überlegen 🤔.",
    toolCalls: [
      { id: "one", name: "bash", arguments: '{"command": "ls \\"é\\""}' },
      { id: "two", name: "bash", arguments: '{"command": "pwd"}' },
    ],
  },
  finish: "tool-calls",
  usage: { input: 120, cached: 64, output: 31 },
};

const request: TurnRequest = {
  messages: [
    { role: "system", content: "You work." },
    { role: "user", content: "Work." },
  ],
  tools: [{ name: "bash", description: "Runs.", parameters: { type: "object", properties: { command: { type: "string" } } } }],
  temperature: 0.6,
  maxOutputTokens: null,
};

/** What every client of a model does, whatever its dialect. Run against a server of our own on loopback. */
export function describeModel(dialect: DialectCase): void {
  describe(`${dialect.name}: the contract of Model`, () => {
    let server: AnsweringServer;
    const open: AsyncDisposable[] = [];

    beforeEach(async () => {
      server = await startAnsweringServer();
      open.push(server);
    });
    afterEach(async () => {
      for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
    });

    function model(options: Partial<EndpointOptions> = {}): Model {
      const usual = { baseUrl: server.origin, model: "served", apiKey: { reveal: () => key }, firstByteMs: 20_000, stallMs: 20_000 };
      const one = dialect.create({ ...usual, ...options });
      open.push(one);
      return one;
    }

    function answerEvents(events: readonly string[]): void {
      server.answerWith((response) => void response.writeHead(200, sse).end(events.join("")));
    }

    function answerStatus(status: number, body: string, headers: Record<string, string> = {}): void {
      server.answerWith((response) => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(body));
    }

    async function fail(options: Partial<EndpointOptions> = {}): Promise<CallFailure> {
      return failed(await model(options).prepare(request).send(never));
    }

    const { events, beforeFinish } = dialect.stream(reply);

    test("a whole reply, its usage and its finish", async () => {
      answerEvents(events);
      expect(await model().prepare(request).send(never)).toEqual({ ok: true, value: reply });
    });

    test("the same reply however its bytes are cut", async () => {
      const bytes = Buffer.from(events.join(""));
      const one = model();
      for (const size of [1, 2, 3, 7, 64, 1000]) {
        server.answerWith(async (response) => {
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

    test("the hash is that of the bytes sent, and equal requests are equal bytes", async () => {
      answerEvents(events);
      const one = model();
      const prepared = one.prepare(request);
      await prepared.send(never);
      await one.prepare(structuredClone(request)).send(never);
      expect(sha256Hex(server.received[0]?.body ?? "")).toBe(prepared.hash);
      expect(server.received[1]?.body).toBe(server.received[0]?.body);
      expect(one.prepare({ ...request, temperature: 0.7 }).hash).not.toBe(prepared.hash);
    });

    test("a turn's body begins with the messages of the turn before", async () => {
      answerEvents(events);
      const one = model();
      const next: Message[] = [...request.messages, reply.message, { role: "tool", toolCallId: "one", content: "a.py" }];
      await one.prepare(request).send(never);
      await one.prepare({ ...request, messages: next }).send(never);
      const [first = "", second = ""] = server.received.map(({ body }) => dialect.withoutMarks(body));
      expect(second.startsWith(dialect.upToMessages(first))).toBe(true);
      expect(dialect.upToMessages(first)).toContain("Work.");
    });

    test("the key is in a header and nowhere else; without one none is sent", async () => {
      answerEvents(events);
      await model().prepare(request).send(never);
      await model({ apiKey: null }).prepare(request).send(never);
      const [first, second] = server.received;
      expect(JSON.stringify(first?.headers)).toContain(key);
      expect(first?.body).not.toContain(key);
      expect(JSON.stringify(second?.headers)).not.toContain(key);
      expect(second?.headers.authorization).toBeUndefined();
    });

    test("an echoed key is not repeated in a message", async () => {
      answerStatus(
        401,
        JSON.stringify({ error: { message: `Wrong key ${key} and ${"x".repeat(500)}`, type: "auth", code: "invalid_api_key" } }),
      );
      const { failure, usage } = await fail();
      expect(failure).toMatchObject({ boundary: "model", code: "unauthorized", wholeRun: true, retryable: false });
      expect(failure.message).toContain("Wrong key [key] and");
      expect(failure.message).not.toContain("0123456789");
      expect(failure.message.length).toBeLessThan(400);
      expect(usage).toEqual(noUsage);
    });

    test.each([
      [403, "{}", "unauthorized", false, true],
      [402, "{}", "no-credit", false, true],
      [429, dialect.noCredit, "no-credit", false, true],
      [429, "slow down", "rate-limited", true, false],
      [500, "<html>\n oops </html>", "server-error", true, false],
      [503, "", "server-error", true, false],
      [529, "{}", "server-error", true, false],
      [400, dialect.overflow, "context-overflow", false, false],
      [400, '{"error":{"message":"temperature must be non-negative"}}', "bad-request", false, false],
      [422, '{"detail":[{"msg":"field required"}]}', "bad-request", false, false],
      [404, dialect.unknownModel, "unknown-model", false, true],
      [404, '{"detail":"Not Found"}', "unreachable", false, true],
    ])("status %i %s is %s", async (...refused) => {
      const [status, body, code, retryable, wholeRun] = refused;
      answerStatus(status, body);
      const { failure, usage } = await fail();
      expect(failure).toMatchObject({ boundary: "model", code, retryable, wholeRun });
      expect(failure.message).toContain(new URL(server.origin).host);
      expect(failure.message).not.toContain("\n");
      expect(usage).toEqual(noUsage);
    });

    test("what the server asks to wait is handed on", async () => {
      answerStatus(429, "{}", { "retry-after": "7" });
      expect((await fail()).retryAfterMs).toBe(7000);
      answerStatus(503, "{}", { "retry-after-ms": "1500", "retry-after": "9" });
      expect((await fail()).retryAfterMs).toBe(1500);
      answerStatus(429, "{}", { "retry-after": "Sun, 22 Nov 2026 20:01:30 GMT", date: "Sun, 22 Nov 2026 20:01:19 GMT" });
      expect((await fail()).retryAfterMs).toBe(11_000);
      answerStatus(429, "{}");
      expect((await fail()).retryAfterMs).toBeNull();
    });

    test("a redirect is not followed", async () => {
      const other = await startAnsweringServer();
      open.push(other);
      answerStatus(307, "", { location: `${other.origin}/v1/chat/completions` });
      expect((await fail()).failure).toMatchObject({ code: "unreachable", wholeRun: true, retryable: false });
      expect(other.received).toEqual([]);
    });

    test("an error body that never ends is still its status", async () => {
      server.answerWith((response) => void response.writeHead(500).write("half of"));
      const { failure } = await fail({ stallMs: 40 });
      expect(failure.code).toBe("server-error");
      expect(failure.message).toContain("half of");
      await server.received[0]?.closed;
    });

    test("a server that does not listen is unreachable, and costs nothing", async () => {
      const { failure, usage } = await fail({ baseUrl: `http://127.0.0.1:${await closedPort()}` });
      expect(failure).toMatchObject({ code: "unreachable", wholeRun: true, retryable: true });
      expect(failure.message).toContain("ECONNREFUSED");
      expect(usage).toEqual(noUsage);
      expect((await fail({ baseUrl: `http://localhost:${await closedPort()}` })).failure.code).toBe("unreachable");
    });

    test("a server without TLS is unreachable by https", async () => {
      const { failure } = await fail({ baseUrl: server.origin.replace("http:", "https:") });
      expect(failure).toMatchObject({ code: "unreachable", wholeRun: true });
    });

    test("a stream that ends before its finish reason is cut, wherever it ends", async () => {
      const one = model();
      for (let count = 0; count <= beforeFinish; count += 1) {
        answerEvents(events.slice(0, count));
        expect(failed(await one.prepare(request).send(never)).failure).toMatchObject({ code: "cut", retryable: true, wholeRun: false });
      }
      answerEvents([events.join("").slice(0, (events[0] ?? "").length + 20)]);
      expect((await fail()).failure.code).toBe("cut");
    });

    test("a connection that breaks is lost: before, at the head, in the middle", async () => {
      server.answerWith((response) => void response.socket?.destroy());
      expect((await fail()).failure).toMatchObject({ code: "connection-lost", retryable: true, wholeRun: false });
      server.answerWith((response) => {
        response.writeHead(200, sse).flushHeaders();
        response.socket?.end();
      });
      expect((await fail()).failure.code).toBe("connection-lost");
      server.answerWith((response) => {
        response.writeHead(200, sse).write(events.slice(0, beforeFinish).join(""), () => response.socket?.resetAndDestroy());
      });
      expect((await fail()).failure.code).toBe("connection-lost");
    });

    test("a server that says nothing passes the first deadline; its connection is closed", async () => {
      server.answerWith(() => {});
      const { failure, usage } = await fail({ firstByteMs: 40, stallMs: 20_000 });
      expect(failure).toMatchObject({ code: "first-byte-timeout", retryable: true, wholeRun: false });
      expect(usage).toEqual(unknownUsage);
      await server.received[0]?.closed;
    });

    test("comments of a proxy are no part of a reply", async () => {
      let pings: NodeJS.Timeout | undefined;
      server.answerWith((response, { closed }) => {
        response.writeHead(200, sse).write(": waiting\n\n");
        pings = setInterval(() => response.write(": waiting\n\n"), 10);
        void closed.then(() => clearInterval(pings));
      });
      expect((await fail({ firstByteMs: 100, stallMs: 20_000 })).failure.code).toBe("first-byte-timeout");
      await server.received[0]?.closed;
    });

    test("a stream that falls silent is stalled; its connection is closed", async () => {
      server.answerWith((response) => void response.writeHead(200, sse).write(events.slice(0, beforeFinish).join("")));
      const { failure } = await fail({ stallMs: 40 });
      expect(failure).toMatchObject({ code: "stalled", retryable: true, wholeRun: false });
      await server.received[0]?.closed;
    });

    test("a stream that goes on slowly does not stall", async () => {
      server.answerWith(async (response) => {
        response.writeHead(200, sse);
        for (const event of events) {
          response.write(event);
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        response.end();
      });
      expect(await model({ firstByteMs: 20_000, stallMs: 500 }).prepare(request).send(never)).toEqual({ ok: true, value: reply });
    });

    test("a reply that is whole is whole though its connection never ends", async () => {
      server.answerWith((response) => void response.writeHead(200, sse).write(events.join("")));
      expect(await model().prepare(request).send(never)).toEqual({ ok: true, value: reply });
    });

    test("a reply whose finish reason came is whole though its connection breaks or falls silent after that; usage is what was told", async () => {
      const expected = { ok: true, value: { ...reply, usage: dialect.usageAtFinish(reply.usage) } };
      const said = events.slice(0, beforeFinish + 1).join("");
      server.answerWith((response) => void response.writeHead(200, sse).write(said, () => response.socket?.end()));
      expect(await model().prepare(request).send(never)).toEqual(expected);
      server.answerWith((response) => void response.writeHead(200, sse).write(said));
      expect(await model({ stallMs: 40 }).prepare(request).send(never)).toEqual(expected);
    });

    test("what came while this process was held up is read before the server is called late", async () => {
      server.answerWith((response) => {
        response.writeHead(200, sse).write(events[0]);
        const holdUp = (): void => {
          response.end(events.slice(1).join(""));
          const until = performance.now() + 200;
          while (performance.now() < until);
        };
        setTimeout(() => setImmediate(holdUp), 20);
      });
      expect(await model({ stallMs: 100 }).prepare(request).send(never)).toEqual({ ok: true, value: reply });
    });

    test("a key that no header can carry is refused unsent, unseen", async () => {
      const { failure, usage } = await fail({ apiKey: { reveal: () => "sk-line\nbreak" } });
      expect(failure).toMatchObject({ code: "unauthorized", wholeRun: true });
      expect(failure.message).not.toContain("sk-line");
      expect(usage).toEqual(noUsage);
      expect(server.received).toEqual([]);
    });

    test("cancelled before it is sent: nothing is sent, nothing is paid", async () => {
      const controller = new AbortController();
      controller.abort();
      const { failure, usage } = failed(await model().prepare(request).send(controller.signal));
      expect(failure).toMatchObject({ code: "cancelled", retryable: false, wholeRun: false });
      expect(usage).toEqual(noUsage);
      expect(server.received).toEqual([]);
    });

    test.each([0, beforeFinish, events.length - 1])(
      "cancelled after %i events: never a reply, and the connection is closed",
      async (count) => {
        const controller = new AbortController();
        server.answerWith((response) => void response.writeHead(200, sse).write(events.slice(0, count).join("") + ": here\n\n"));
        const sent = model().prepare(request).send(controller.signal);
        const { closed } = await server.nextRequest();
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.abort();
        expect(failed(await sent).failure.code).toBe("cancelled");
        await closed;
      },
    );

    test("an error inside a stream is the server's", async () => {
      answerEvents([...events.slice(0, beforeFinish), dialect.errorEvent]);
      expect((await fail()).failure).toMatchObject({ code: "server-error", retryable: true });
    });

    test("what cannot be read is malformed; its connection is closed", async () => {
      server.answerWith((response) => void response.writeHead(200, sse).write(`${events[0] ?? ""}data: {"choices": [{"del\n\n`));
      expect((await fail()).failure).toMatchObject({ code: "malformed-reply", retryable: true, wholeRun: false });
      await server.received[0]?.closed;
      server.answerWith((response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Log in</html>"));
      expect((await fail()).failure.code).toBe("malformed-reply");
    });

    test("300 requests at once, all answered, under one signal", async () => {
      const held: (() => void)[] = [];
      const all = 300;
      server.answerWith((response) => {
        held.push(() => void response.writeHead(200, sse).end(events.join("")));
        if (held.length === all) for (const release of held) release();
      });
      const one = model();
      const { signal } = new AbortController();
      const outcomes = await Promise.all(Array.from({ length: all }, () => one.prepare(request).send(signal)));
      expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(all);
    });

    test("one connection serves one request after the other", async () => {
      answerEvents(events);
      const one = model();
      for (let turn = 0; turn < 5; turn += 1) {
        await one.prepare(request).send(never);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(server.connectionsMade()).toBeLessThan(5);
    });

    test("closing ends what is in flight and all connections, and may be done twice", async () => {
      server.answerWith(() => {});
      const one = dialect.create({ baseUrl: server.origin, model: "served", apiKey: null, firstByteMs: 20_000, stallMs: 20_000 });
      const sent = one.prepare(request).send(never);
      const { closed } = await server.nextRequest();
      await one[Symbol.asyncDispose]();
      await one[Symbol.asyncDispose]();
      expect(failed(await sent).failure.code).toBe("cancelled");
      await closed;
    });

    test("its name and host say where it is", () => {
      expect(model()).toMatchObject({ name: "served", host: new URL(server.origin).host });
    });
  });
}

/** A reply with only the given parts of a message. */
export function replyOf(parts: Partial<AssistantMessage>): ModelReply {
  return {
    message: { role: "assistant", content: "", reasoning: null, toolCalls: [], ...parts },
    finish: "stop",
    usage: { input: null, cached: null, output: null },
  };
}

function failed(outcome: Outcome): CallFailure {
  if (outcome.ok) throw new Error(`a reply where a failure was expected: ${JSON.stringify(outcome.value)}`);
  return outcome.error;
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
