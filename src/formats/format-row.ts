import { ok, type Result } from "../base/result.ts";
import type { Sample } from "../records/sample.ts";
import { toHermes, type HermesReasoning } from "./hermes.ts";

/** Stand-in: branch formats has the real one. */
export function conversationOf(
  sample: Sample,
  options: { readonly reasoning: HermesReasoning },
): Result<
  { readonly messages: readonly { readonly role: "system" | "user" | "assistant" | "tool"; readonly content: string }[]; readonly tools: null },
  { readonly reason: string }
> {
  const row = toHermes(sample, { reasoning: options.reasoning, trainKey: false });
  return row.ok ? ok({ messages: row.value.messages, tools: null }) : row;
}
