import { err, ok, type Result } from "../../base/result.ts";
import type { ImportRefusal } from "./conversation.ts";

/** The text of a message's content: a string, or parts that are all text. None is an empty text. */
export function textContent(content: unknown, place: string): Result<string, ImportRefusal> {
  if (content === null || content === undefined) return ok("");
  if (typeof content === "string") return ok(content);
  if (!Array.isArray(content)) return err({ reason: "content-not-text", detail: place });
  const texts: string[] = [];
  for (const part of content as readonly unknown[]) {
    const text = typeof part === "string" ? part : textOfPart(part);
    if (text === null) return err({ reason: "content-not-text", detail: place });
    texts.push(text);
  }
  return ok(texts.join(""));
}

function textOfPart(part: unknown): string | null {
  if (typeof part !== "object" || part === null || !("text" in part) || typeof part.text !== "string") return null;
  return !("type" in part) || part.type === "text" || part.type === "output_text" || part.type === "input_text" ? part.text : null;
}
