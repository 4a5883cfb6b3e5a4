import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request as the server got it. `closed` settles when the client's connection is gone. */
interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly closed: Promise<unknown>;
}

/** Answers one request, in any way: well, badly, or not at all. */
type Answer = (response: ServerResponse, received: Received) => void | Promise<void>;

/** A server on loopback for the conformance suite of model clients. Every request gets the answer that is set when it arrives. */
export interface AnsweringServer extends AsyncDisposable {
  readonly origin: string;
  readonly received: Received[];
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** How many connections were ever made. */
  connectionsMade(): number;
  answerWith(answer: Answer): void;
  /** The next request, also one that has come already and was not yet asked for. */
  nextRequest(): Promise<Received>;
}

export async function startAnsweringServer(): Promise<AnsweringServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const waiting: ((request: Received) => void)[] = [];
  let asked = 0;
  let made = 0;
  let answer: Answer = (response) => void response.writeHead(500).end();

  const ends = new WeakMap<Socket, Promise<unknown>>();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const one = await receive(request, ends.get(request.socket));
    received.push(one);
    waiting.shift()?.(one);
    await answer(response, one);
  }

  const server = createServer((request, response) => {
    void serve(request, response);
  });
  server.on("connection", (socket) => {
    made += 1;
    sockets.add(socket);
    ends.set(socket, new Promise((resolve) => socket.once("close", resolve)));
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    sockets,
    connectionsMade: () => made,
    answerWith: (next) => void (answer = next),
    nextRequest: async () => {
      const there = received[asked];
      asked += 1;
      return there ?? new Promise((resolve) => waiting.push(resolve));
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function receive(request: IncomingMessage, closed: Promise<unknown> = Promise.resolve()): Promise<Received> {
  const bytes: Buffer[] = [];
  for await (const chunk of request) bytes.push(chunk as Buffer);
  return { path: request.url ?? "", headers: request.headers, body: Buffer.concat(bytes).toString(), closed };
}
