import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { AssistantMessage } from "../records/message.ts";

/** What an assistant said before its calls. `verbatim`: the content as it came, with a think block inside or without. */
export interface AssistantText {
  readonly reasoning: string;
  readonly commentary: string;
  readonly verbatim: string;
}

/** Why an assistant's text cannot stand in a row without being read as something else. */
export type AmbiguousText = "ambiguous-think-tags" | "ambiguous-tool-call-tags";

/**
 * Reasoning and commentary of a message, whether the server parted them or left a think block at the head of the content. Refuses texts in
 * which tags stand anywhere else, because a reader of the row would part them there.
 */
export function assistantText({ content, reasoning }: AssistantMessage): Result<AssistantText, AmbiguousText> {
  if (hasCallTag(content) || hasCallTag(reasoning ?? "")) return err("ambiguous-tool-call-tags");
  const block = /^\s*<think>([^]*?)<\/think>/.exec(content);
  const inside = block?.[1] ?? "";
  const commentary = block === null ? content : content.slice(block[0].length);
  if ([inside, commentary, reasoning ?? ""].some(hasThinkTag)) return err("ambiguous-think-tags");
  if (inside.trim() !== "" && (reasoning ?? "").trim() !== "") return err("ambiguous-think-tags");
  return ok({ reasoning: (reasoning ?? "").trim() || inside.trim(), commentary: commentary.trim(), verbatim: content });
}

export function hasThinkTag(text: string): boolean {
  return /<\/?think>/.test(text);
}

export function hasCallTag(text: string): boolean {
  return /<\/?tool_call>/.test(text);
}
