import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import type { Duplex, Readable } from "node:stream";
import { nameOfAddress, type EngineAddress } from "./engine-address.ts";
import { EngineProblem } from "./engine-problem.ts";

export interface EngineCall {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Absolute, without a version: every server speaks its newest there. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON, or a tar. */
  readonly body?: object | Readable;
}

/** Bytes of an answer that is read whole. */
const mostAnswerBytes = 256 * 1024 * 1024;
const mostErrorBytes = 64 * 1024;

/** The Engine API over its socket. Every call throws an EngineProblem where it is refused, or the server is not there. */
export class Engine {
  readonly name: string;
  readonly #address: EngineAddress;
  readonly #agent: http.Agent;

  constructor(address: EngineAddress) {
    this.#address = address;
    this.name = nameOfAddress(address);
    const tls = address.kind === "tcp" && address.tls !== null;
    this.#agent = tls ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  }

  /** The answer as it was sent; its body must be read or destroyed. */
  async ask(call: EngineCall, signal: AbortSignal): Promise<IncomingMessage> {
    const request = this.#request(call, signal);
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve);
      request.once("error", reject);
    });
    send(request, call);
    const answer = await answered.catch((error: unknown) => {
      throw this.#problem(error);
    });
    if ((answer.statusCode ?? 500) < 400) return answer;
    const words = await this.#read(answer, mostErrorBytes).catch(() => Buffer.alloc(0));
    throw new EngineProblem(errorWords(words, answer), { status: answer.statusCode ?? 500 });
  }

  /** The whole answer, as JSON; null: it had no body. What it holds is the caller's to check. */
  async json(call: EngineCall, signal: AbortSignal): Promise<unknown> {
    const body = await this.#read(await this.ask(call, signal), mostAnswerBytes);
    const text = body.toString("utf8").trim();
    try {
      return text === "" ? null : JSON.parse(text);
    } catch {
      throw new EngineProblem(`${call.path} answered what is no JSON: ${text.slice(0, 200)}`, { status: 500 });
    }
  }

  /** Turns the connection of a call into a stream both ways. */
  async hijack(call: EngineCall, signal: AbortSignal): Promise<Duplex> {
    const request = this.#request(call, signal, { connection: "Upgrade", upgrade: "tcp" });
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    request.once("upgrade", (_answer, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once("response", (answer: IncomingMessage) => {
      const words = this.#read(answer, mostErrorBytes).catch(() => Buffer.alloc(0));
      void words.then((bytes) => reject(new EngineProblem(errorWords(bytes, answer), { status: answer.statusCode ?? 500 })));
    });
    request.once("error", (error) => reject(this.#problem(error)));
    send(request, call);
    return await promise;
  }

  async answers(signal: AbortSignal): Promise<boolean> {
    return await this.ask({ method: "GET", path: "/_ping" }, AbortSignal.any([signal, AbortSignal.timeout(10_000)])).then(
      (answer) => {
        answer.resume();
        return true;
      },
      () => false,
    );
  }

  #request(call: EngineCall, signal: AbortSignal, more: Readonly<Record<string, string>> = {}): ClientRequest {
    const query = call.query === undefined ? "" : `?${new URLSearchParams(call.query).toString()}`;
    const tar = isStream(call.body);
    const contentType = call.body === undefined ? {} : { "content-type": tar ? "application/x-tar" : "application/json" };
    const hijacks = more["upgrade"] !== undefined;
    const options: RequestOptions = {
      method: call.method,
      path: call.path + query,
      headers: { host: "engine", ...contentType, ...more },
      signal,
      // A hijacked connection is nobody else's, and one that carried a tar may have been left in the midst of it.
      agent: hijacks || tar ? false : this.#agent,
      ...this.#place(),
    };
    return this.#address.kind === "tcp" && this.#address.tls !== null ? https.request(options) : http.request(options);
  }

  #place(): RequestOptions {
    if (this.#address.kind === "socket") return { socketPath: this.#address.path };
    const { host, port, tls } = this.#address;
    return { host, port, ...tls };
  }

  async #read(answer: IncomingMessage, mostBytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > mostBytes) throw new EngineProblem("The answer is too long.", { status: 500 });
      }
    } catch (error) {
      throw this.#problem(error);
    }
    return Buffer.concat(chunks);
  }

  #problem(error: unknown): unknown {
    if (!(error instanceof Error) || error instanceof EngineProblem) return error;
    return new EngineProblem(`${this.name}: ${error.message}`, { code: "code" in error ? String(error.code) : error.name });
  }
}

/** A body that breaks off ends the request with its error; an answer that comes before the end of the body is still heard. */
function send(request: ClientRequest, { body }: EngineCall): void {
  if (!isStream(body)) {
    request.end(body === undefined ? undefined : JSON.stringify(body));
    return;
  }
  body.once("error", (error) => request.destroy(error));
  request.once("close", () => body.destroy());
  body.pipe(request);
}

function isStream(body: EngineCall["body"]): body is Readable {
  return body !== undefined && "pipe" in body;
}

function errorWords(body: Buffer, answer: IncomingMessage): string {
  const text = body.toString("utf8").trim();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message).trim();
  } catch {
    // Not JSON: the text itself is what was said.
  }
  return text.slice(0, 500) || `HTTP ${answer.statusCode ?? 0}`;
}
