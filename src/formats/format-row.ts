import { ok, type Result } from "../base/result.ts";
import type { Sample } from "../records/sample.ts";
import { toHermes, type HermesMessage, type HermesOptions } from "./hermes.ts";
import { toMessages } from "./messages.ts";
import { toRaw } from "./raw.ts";
import { toShareGpt } from "./sharegpt.ts";
import { toXml } from "./xml.ts";

/** The formats whose rows are made from a sample alone. */
export const textFormats = ["canonical", "hermes", "xml", "raw", "messages", "sharegpt"] as const;
export type TextFormat = (typeof textFormats)[number];

/** A row of the format, or the named reason why the sample has none in it. */
export function formatRow(sample: Sample, format: TextFormat, options: HermesOptions): Result<object, { readonly reason: string }> {
  switch (format) {
    case "canonical":
      return ok(sample);
    case "hermes":
      return toHermes(sample, options);
    case "xml":
      return toXml(sample, options);
    case "raw":
      return ok(toRaw(sample));
    case "messages":
      return ok(toMessages(sample));
    case "sharegpt":
      return toShareGpt(sample, options);
    default:
      return format satisfies never;
  }
}

/** A conversation as a chat template takes it; its tools stand in the system message. */
export interface FormattedConversation {
  readonly messages: readonly Omit<HermesMessage, "train">[];
  readonly tools: null;
}

/** What the student sees of a sample: its hermes row, which is what is counted, cut and rendered. */
export function conversationOf(
  sample: Sample,
  { reasoning }: Pick<HermesOptions, "reasoning">,
): Result<FormattedConversation, { readonly reason: string }> {
  const row = toHermes(sample, { reasoning, trainKey: false });
  return row.ok ? ok({ messages: row.value.messages, tools: null }) : row;
}
