import { jsonPieces } from "../base/json-text.ts";
import type { Message } from "../records/message.ts";
import type { Sample } from "../records/sample.ts";
import type { Redactor } from "./redactor.ts";

/** A sample without what should not leave the house, in all of its texts; `redactions`: placeholders that were put in. */
export function redactSample(sample: Sample, redactor: Redactor): { readonly sample: Sample; readonly redactions: number } {
  const before = redactor.count;
  const { provenance, messages } = sample;
  const redacted: Sample = {
    ...sample,
    provenance: { ...provenance, hint: provenance.hint === null ? null : redactor.redact(provenance.hint) },
    messages: messages.map((message) => redactMessage(message, redactor)),
  };
  return { sample: redacted, redactions: redactor.count - before };
}

export function redactMessage<Given extends Message>(message: Given, redactor: Redactor): Given {
  const content = redactor.redact(message.content);
  if (message.role !== "assistant") return { ...message, content };
  const { reasoning, toolCalls } = message;
  return {
    ...message,
    content,
    reasoning: reasoning === null ? null : redactor.redact(reasoning),
    toolCalls: toolCalls.map((call) => ({ ...call, arguments: insideJson(call.arguments, redactor.redact) })),
  };
}

/** JSON text with its strings changed, so that it stays JSON: a string is read, changed and written anew, all else keeps its spelling. */
export function insideJson(json: string, change: (text: string) => string): string {
  try {
    JSON.parse(json);
  } catch {
    return change(json);
  }
  const pieces = jsonPieces(json).map(({ kind, text }) => {
    if (kind !== "string") return text;
    const value: unknown = JSON.parse(text);
    if (typeof value !== "string") return text;
    const changed = change(value);
    return changed === value ? text : JSON.stringify(changed);
  });
  return pieces.join("");
}
