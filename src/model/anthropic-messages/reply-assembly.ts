import type { AssistantMessage, ModelReply } from "../../records/message.ts";
import { unknownUsage, type Usage } from "../../records/usage.ts";
import { assistantMessage } from "../assistant-message.ts";
import { readFinish } from "../finish-reason.ts";
import type { CallFailure } from "../model.ts";
import { readPart } from "../read-part.ts";
import { refusalFailure } from "../refusal.ts";
import type { ReplyAssembly, ReplyContext } from "../reply-reader.ts";
import { ReplyBlocks } from "./reply-blocks.ts";
import { StreamEvent } from "./stream-event.ts";
import type { Block, EventUsage } from "./stream-event.ts";

/** The HTTP status that an error inside a stream stands for, by its type; any other is the server's own. */
const statuses: ReadonlyMap<string, number> = new Map([
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
]);

/** Puts one reply together from the events of a Messages stream, or from its whole body. */
export class MessagesAssembly implements ReplyAssembly {
  readonly #context: ReplyContext;
  readonly #blocks = new ReplyBlocks();
  #finish: ModelReply["finish"] | null = null;
  #told: Partial<Record<keyof EventUsage, number>> = {};
  isDone = false;
  thinksUnseen = false;

  constructor(context: ReplyContext) {
    this.#context = context;
  }

  /** Anthropic counts what it read from its cache, and what it put there, apart from the rest of the input. */
  get usage(): Usage {
    const { input_tokens: fresh, cache_read_input_tokens: read, cache_creation_input_tokens: written, output_tokens: output } = this.#told;
    // The first event's count of output is that of a reply that has only begun.
    if (fresh === undefined || this.#finish === null) return unknownUsage;
    const usage = { input: fresh + (read ?? 0) + (written ?? 0), cached: read ?? null, output: output ?? null };
    return written === undefined || written === 0 ? usage : { ...usage, cacheWritten: written };
  }

  add(data: string): CallFailure | null {
    const read = readPart(data, StreamEvent, this.#context);
    if (!read.ok) return read.error;
    const event = read.value;
    if (event.error !== undefined && event.error !== null) return this.#refusal(event.error);
    return this.#take(event);
  }

  reply(): ModelReply | null {
    return this.#finish === null ? null : { message: this.#message(), finish: this.#finish, usage: this.usage };
  }

  #take(event: StreamEvent): CallFailure | null {
    this.#count(event.message?.usage ?? event.usage);
    const index = event.index ?? 0;
    if (event.type === "message") for (const [place, block] of (event.content ?? []).entries()) this.#blocks.begin(place, block);
    if (event.type === "content_block_start" && event.content_block) this.#begin(index, event.content_block);
    if (event.type === "content_block_stop") this.thinksUnseen = false;
    if (event.type === "content_block_delta" && event.delta) this.#blocks.add(index, event.delta);
    if (event.type === "message_stop") this.isDone = true;
    const reason = event.delta?.stop_reason ?? event.stop_reason;
    return reason === undefined || reason === null ? null : this.#end(reason);
  }

  #begin(index: number, block: Block): void {
    this.thinksUnseen = block.type === "thinking" || block.type === "redacted_thinking";
    this.#blocks.begin(index, block);
  }

  /** A later count replaces an earlier one; a count left out does not. */
  #count(usage: EventUsage | null | undefined): void {
    for (const [name, count] of Object.entries(usage ?? {}))
      if (count !== null && count !== undefined) this.#told = { ...this.#told, [name]: count };
  }

  #end(reason: string): CallFailure | null {
    const finish = readFinish(reason, this.#context.host);
    if (!finish.ok) return finish.error;
    this.#finish = finish.value;
    return null;
  }

  #refusal(error: unknown): CallFailure {
    const { host, quote } = this.#context;
    const type = typeof error === "object" && error !== null && "type" in error ? String(error.type) : "";
    return refusalFailure({ host, quote, status: statuses.get(type) ?? 529, body: JSON.stringify({ error }), retryAfterMs: null });
  }

  #message(): AssistantMessage {
    const { signed, ...said } = this.#blocks.said();
    const message = assistantMessage(said, this.#context);
    return signed.length === 0 ? message : { ...message, signedReasoning: signed };
  }
}
