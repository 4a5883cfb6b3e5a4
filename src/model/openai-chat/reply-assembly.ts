import type { AssistantMessage, ModelReply } from "../../records/message.ts";
import type { Usage } from "../../records/usage.ts";
import { callFailure } from "../call-failure.ts";
import { splitThought, takeCalls } from "../inline-markup.ts";
import type { CallFailure } from "../model.ts";
import { refusalFailure } from "../refusal.ts";
import type { ReplyAssembly, ReplyContext } from "../reply-reader.ts";
import { withIds } from "../tool-call-ids.ts";
import { Chunk } from "./chunk.ts";
import type { ChunkUsage, Delta } from "./chunk.ts";
import { ToolCallAssembly } from "./tool-calls.ts";

const finishes: ReadonlyMap<string, ModelReply["finish"]> = new Map([
  ["stop", "stop"],
  ["eos", "stop"],
  ["end_turn", "stop"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["content_filter", "filter"],
  ["sensitive", "filter"],
]);
/** Reasons by which servers say that they gave up in the middle (z.ai, vLLM and SGLang, OpenRouter, DeepSeek). */
const brokenOff = new Set(["network_error", "abort", "error", "insufficient_system_resource"]);

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
    const { host, quote } = this.#context;
    const chunk = readChunk(json);
    if (chunk === null) return callFailure("malformed-reply", `${host} sent a part of a reply that cannot be read: ${quote(json)}`);
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
    if (brokenOff.has(reason)) return callFailure("cut", `${this.#context.host} gave up in the middle of its reply (${reason}).`);
    this.#finish = finishes.get(reason) ?? "other";
    return null;
  }

  #refusal(error: unknown): CallFailure {
    const { host, quote } = this.#context;
    return refusalFailure({ host, quote, status: statusOf(error), body: JSON.stringify({ error }), retryAfterMs: null });
  }

  #message(): AssistantMessage {
    const sent = this.#reasoning.join("");
    const text = this.#content.join("");
    const split = sent === "" ? splitThought(text) : { reasoning: sent, content: text };
    const structured = this.#calls.calls();
    const fallBack = structured.length === 0 && this.#context.toolsOffered;
    const { content, toolCalls } = fallBack ? takeCalls(split.content) : { content: split.content, toolCalls: structured };
    return { role: "assistant", content, reasoning: split.reasoning, toolCalls: withIds(toolCalls, this.#context.firstCall) };
  }
}

function readChunk(json: string): Chunk | null {
  try {
    const read = Chunk.safeParse(JSON.parse(json));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

/** The HTTP status that an error inside a 200 stands for: its code where that is one, else 500. */
function statusOf(error: unknown): number {
  const code = typeof error === "object" && error !== null && "code" in error ? Number(error.code) : Number.NaN;
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : 500;
}
