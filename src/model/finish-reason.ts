import { err, ok, type Result } from "../base/result.ts";
import type { ModelReply } from "../records/message.ts";
import { callFailure } from "./call-failure.ts";
import type { CallFailure } from "./model.ts";

/** Why a reply ended, in the words of every dialect: none means different things to two servers. */
const finishes: ReadonlyMap<string, ModelReply["finish"]> = new Map([
  ["stop", "stop"],
  ["eos", "stop"],
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
  ["tool_use", "tool-calls"],
  ["length", "length"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["content_filter", "filter"],
  ["refusal", "filter"],
  ["sensitive", "filter"],
]);
/** Reasons by which servers say that they gave up in the middle (z.ai, vLLM and SGLang, OpenRouter, DeepSeek). */
const brokenOff = new Set(["network_error", "abort", "error", "insufficient_system_resource"]);

/** What a server's reason means; the failure `cut` where it says that it gave up. */
export function readFinish(reason: string, host: string): Result<ModelReply["finish"], CallFailure> {
  if (brokenOff.has(reason)) return err(callFailure("cut", `${host} gave up in the middle of its reply (${reason}).`));
  return ok(finishes.get(reason) ?? "other");
}
