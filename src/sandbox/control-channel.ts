import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { shellQuoteLine } from "./shell-quote.ts";

/** `status` 0: done, and `body` is what was asked for; else `body` ends in the system's words for what went wrong. */
export interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

export interface ControlRequest {
  /** A function of supervisor.sh. */
  readonly call: string;
  readonly args: readonly (string | number)[];
  /** Follows the request, raw. */
  readonly payload?: Uint8Array;
}

interface Pending {
  readonly nonce: string;
  readonly reply: PromiseWithResolvers<Reply | null>;
  chunks: Buffer[];
}

/** Longest last line of a reply: newline, 32 digits, space, status, newline. */
const longestTrailer = 40;

/**
 * Requests to the supervisor, one at a time. A reply ends with the nonce of its request, which no content of a file can
 * know, so that bytes need neither a length ahead nor an encoding.
 */
export class ControlChannel {
  readonly #stream: Duplex;
  #pending: Pending | null = null;
  #closed = false;
  #said: Buffer[] = [];

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.on("error", () => this.#close());
    stream.on("close", () => this.#close());
    stream.on("end", () => this.#close());
  }

  /** What came unasked: words of a launcher that failed. */
  get said(): string {
    return Buffer.concat(this.#said).toString("utf8").trim();
  }

  write(text: string): void {
    if (!this.#closed) this.#stream.write(text);
  }

  /** null: the channel is closed. */
  async request(request: ControlRequest): Promise<Reply | null> {
    if (this.#pending !== null) throw new Error("a sandbox does one thing at a time");
    if (this.#closed) return null;
    const nonce = randomBytes(16).toString("hex");
    const pending: Pending = { nonce, reply: Promise.withResolvers(), chunks: [] };
    this.#pending = pending;
    const args = request.args.map((arg) => (typeof arg === "number" ? String(arg) : shellQuoteLine(arg)));
    this.#stream.write(`${request.call} ${nonce} ${args.join(" ")}\n`);
    if (request.payload !== undefined && request.payload.length > 0) this.#stream.write(request.payload);
    const reply = await pending.reply.promise;
    this.#pending = null;
    if (request.payload !== undefined && reply !== null && reply.status !== 0) this.#stream.write(`\n${nonce}\n`);
    return reply;
  }

  #take(chunk: Buffer): void {
    const pending = this.#pending;
    if (pending === null) {
      if (this.#said.length < 16) this.#said.push(chunk);
      return;
    }
    pending.chunks.push(chunk);
    const tail = lastBytes(pending.chunks, longestTrailer);
    const trailer = new RegExp(`\n${pending.nonce} (\\d{1,3})\n$`).exec(tail);
    if (trailer === null) return;
    const whole = Buffer.concat(pending.chunks);
    pending.reply.resolve({ status: Number(trailer[1]), body: whole.subarray(0, whole.length - trailer[0].length) });
  }

  #close(): void {
    this.#closed = true;
    this.#pending?.reply.resolve(null);
  }
}

function lastBytes(chunks: readonly Buffer[], count: number): string {
  let text = "";
  for (let i = chunks.length - 1; i >= 0 && text.length < count; i--) text = (chunks[i]?.subarray(-count).toString("latin1") ?? "") + text;
  return text;
}
