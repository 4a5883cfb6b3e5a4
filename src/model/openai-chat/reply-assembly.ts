import type { AssistantMessage, ModelReply } from "../../records/message.ts";
import type { Usage } from "../../records/usage.ts";
import { assistantMessage } from "../assistant-message.ts";
import { readFinish } from "../finish-reason.ts";
import type { CallFailure } from "../model.ts";
import { readPart } from "../read-part.ts";
import { refusalFailure } from "../refusal.ts";
import type { ReplyAssembly, ReplyContext } from "../reply-reader.ts";
import { Chunk } from "./chunk.ts";
import type { ChunkUsage, Delta } from "./chunk.ts";
import { ToolCallAssembly } from "./tool-calls.ts";

/** Puts one reply together from its parts, streamed or whole. */
export class ChatAssembly implements ReplyAssembly {
  readonly #context: ReplyContext;
  readonly #content: string[] = [];
  readonly #reasoning: string[] = [];
  readonly #calls = new ToolCallAssembly();
  #finish: ModelReply["finish"] | null = null;
  isDone = false;
  readonly thinksUnseen = false;
  #usage: Usage = { input: null, cached: null, output: null };

  constructor(context: ReplyContext) {
    this.#context = context;
  }

  get usage(): Usage {
    return this.#usage;
  }

  add(json: string): CallFailure | null {
    if (json.trim() === "[DONE]") {
      this.isDone = true;
      return null;
    }
    const read = readPart(json, Chunk, this.#context);
    if (!read.ok) return read.error;
    const chunk = read.value;
    if (chunk.usage) this.#addUsage(chunk.usage);
    if (chunk.error !== undefined && chunk.error !== null) return this.#refusal(chunk.error);
    const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0);
    const delta = choice?.delta ?? choice?.message;
    if (delta) this.#addDelta(delta);
    return choice?.finish_reason ? this.#end(choice.finish_reason) : null;
  }

  /** The reply, once the server has said why it ended. */
  reply(): ModelReply | null {
    return this.#finish === null ? null : { message: this.#message(), finish: this.#finish, usage: this.#usage };
  }

  #addDelta(delta: Delta): void {
    if (delta.content) this.#content.push(delta.content);
    const reasoning = delta.reasoning_content || delta.reasoning;
    if (reasoning) this.#reasoning.push(reasoning);
    for (const call of delta.tool_calls ?? []) this.#calls.add(call);
  }

  /** A later count replaces an earlier one; a count left out does not. */
  #addUsage(told: ChunkUsage): void {
    const cached = told.prompt_tokens_details?.cached_tokens ?? told.cached_tokens ?? told.prompt_cache_hit_tokens;
    this.#usage = {
      input: told.prompt_tokens ?? this.#usage.input,
      cached: cached ?? this.#usage.cached,
      output: told.completion_tokens ?? this.#usage.output,
    };
  }

  #end(reason: string): CallFailure | null {
    const finish = readFinish(reason, this.#context.host);
    if (!finish.ok) return finish.error;
    this.#finish = finish.value;
    return null;
  }

  #refusal(error: unknown): CallFailure {
    const { host, quote } = this.#context;
    return refusalFailure({ host, quote, status: statusOf(error), body: JSON.stringify({ error }), retryAfterMs: null });
  }

  #message(): AssistantMessage {
    const reasoning = this.#reasoning.join("");
    const said = { content: this.#content.join(""), reasoning: reasoning === "" ? null : reasoning, toolCalls: this.#calls.calls() };
    return assistantMessage(said, this.#context);
  }
}

/** The HTTP status that an error inside a 200 stands for: its code where that is one, else 500. */
function statusOf(error: unknown): number {
  const code = typeof error === "object" && error !== null && "code" in error ? Number(error.code) : Number.NaN;
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : 500;
}
