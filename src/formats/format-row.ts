import { err, ok, type Result } from "../base/result.ts";
import type { Sample } from "../records/sample.ts";
import { toHermes, type HermesReasoning } from "./hermes.ts";
import { toMessages } from "./messages.ts";

export const textFormats = ["canonical", "hermes", "xml", "raw", "messages", "sharegpt"] as const;
export type TextFormat = (typeof textFormats)[number];

/** Stand-in: branch formats has the real one. */
export function formatRow(
  sample: Sample,
  format: TextFormat,
  options: { readonly reasoning: HermesReasoning; readonly trainKey: boolean },
): Result<object, { readonly reason: string }> {
  if (format === "canonical") return ok(sample);
  if (format === "messages") return ok(toMessages(sample));
  if (format === "hermes") return toHermes(sample, options);
  return err({ reason: "stand-in" });
}

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
