import { createParser } from "eventsource-parser";
import type { EventSourceMessage } from "eventsource-parser";
import { err, ok } from "../base/result.ts";
import type { ModelReply } from "../records/message.ts";
import type { Usage } from "../records/usage.ts";
import { callFailure } from "./call-failure.ts";
import { CappedBody } from "./capped-body.ts";
import type { ReplyReader } from "./exchange.ts";
import type { CallFailure, TurnOutcome } from "./model.ts";
import type { Quote } from "./quote.ts";

/** What reading a reply needs to know of its request. `firstCall`: how many tool calls the conversation held before it. */
export interface ReplyContext {
  readonly host: string;
  readonly quote: Quote;
  readonly toolsOffered: boolean;
  readonly firstCall: number;
}

/** Puts one reply together from its parts, in the dialect of its server. */
export interface ReplyAssembly {
  /** What the server has told of the cost so far. */
  readonly usage: Usage;
  /** The server has said that nothing more comes. */
  readonly isDone: boolean;
  /** The model has begun to think, which its server may show nothing of but pings. */
  readonly thinksUnseen: boolean;
  /** Adds the data of one event, or a whole body; what is wrong with it, if anything. */
  add(data: string): CallFailure | null;
  /** The reply, once the server has said why it ended. */
  reply(): ModelReply | null;
}

/** A reply about to be read, and where it is put together. */
export interface Reading {
  readonly context: ReplyContext;
  readonly assembly: ReplyAssembly;
}

/** Bounds on memory, far above any real reply: bytes of a stream, and of one event or of a body that is not streamed. */
const largestStream = 256 * 2 ** 20;
const largestEvent = 32 * 2 ** 20;

/** Reads a stream of server-sent events. */
export function createStreamReader(reading: Reading): ReplyReader {
  return new StreamReader(reading);
}

/** Reads a reply of a server that does not stream, one JSON object. */
export function createBodyReader({ context, assembly }: Reading): ReplyReader {
  const body = new CappedBody(largestEvent);
  return {
    feed: (chunk) => body.feed(chunk),
    end(problem) {
      if (body.isOver) return broken(assembly, tooLarge(context));
      const failed = problem === null ? assembly.add(body.text()) : problem;
      return failed === null ? ended(assembly, null, context) : broken(assembly, failed);
    },
  };
}

/** Reads a page for people, which stands where a reply should: the URL leads elsewhere, or a proxy answered. */
export function createPageReader({ host }: ReplyContext): ReplyReader {
  const failed = callFailure("malformed-reply", `${host} answered with a web page instead of a reply; is the base URL right?`);
  return { feed: () => "done", end: () => err(failed) };
}

class StreamReader implements ReplyReader {
  readonly #context: ReplyContext;
  readonly #assembly: ReplyAssembly;
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    maxBufferSize: largestEvent,
    onEvent: (event) => this.#onEvent(event),
    onComment: () => (this.#comments += 1),
    onError: (error) => this.#onError(error.type),
  });
  #failed: CallFailure | null = null;
  #events = 0;
  #comments = 0;
  #size = 0;

  constructor({ context, assembly }: Reading) {
    this.#context = context;
    this.#assembly = assembly;
  }

  feed(bytes: Uint8Array): "part" | "idle" | "done" {
    const [events, comments] = [this.#events, this.#comments];
    this.#size += bytes.length;
    this.#parser.feed(this.#decoder.decode(bytes, { stream: true }));
    if (this.#size > largestStream) this.#tooLarge();
    if (this.#assembly.isDone || this.#failed !== null) return "done";
    return this.#comments > comments && this.#events === events ? "idle" : "part";
  }

  end(problem: CallFailure | null): TurnOutcome {
    if (problem === null && !this.#assembly.isDone && this.#failed === null) this.#closeLastEvent();
    return this.#failed === null ? ended(this.#assembly, problem, this.#context) : broken(this.#assembly, this.#failed);
  }

  /** Some servers leave out the empty line after their last event; a half event is the mark of a cut, not of a malformed reply. */
  #closeLastEvent(): void {
    this.#parser.feed("\n\n");
    if (this.#failed?.failure.code === "malformed-reply") this.#failed = null;
  }

  /** A ping says that the server lives; that its model does only where nothing else could say so. */
  #onEvent(event: EventSourceMessage): void {
    if (event.event === "ping" && !this.#assembly.thinksUnseen) {
      this.#comments += 1;
      return;
    }
    this.#events += 1;
    if (!this.#assembly.isDone && this.#failed === null) this.#failed = this.#assembly.add(event.data);
  }

  #onError(type: string): void {
    if (type === "max-buffer-size-exceeded") this.#tooLarge();
  }

  #tooLarge(): void {
    this.#failed ??= tooLarge(this.#context);
  }
}

function tooLarge({ host }: ReplyContext): CallFailure {
  return callFailure("malformed-reply", `${host} sent a reply larger than any real one.`);
}

/** A reply is whole when its finish reason came, even if its connection broke after that; without one it is `cut`. */
function ended(assembly: ReplyAssembly, problem: CallFailure | null, { host }: ReplyContext): TurnOutcome {
  const reply = assembly.reply();
  if (reply !== null) return ok(reply);
  return broken(assembly, problem ?? callFailure("cut", `${host} ended its reply without a finish reason.`));
}

/** What the server told of the cost goes along with every failure; what it did not tell is unknown. */
function broken(assembly: ReplyAssembly, failed: CallFailure): TurnOutcome {
  return err({ ...failed, usage: assembly.usage });
}
