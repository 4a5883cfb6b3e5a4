import { z } from "zod";
import type { ToolCall } from "../records/message.ts";

/**
 * What servers without a parser for their model leave in the text: a block of thought at its head and whole tool calls (the Hermes
 * form that Qwen, GLM and others are trained on).
 */

const thinkOpen = "<think>";
const thinkClose = "</think>";
const callOpen = "<tool_call>";
const callClose = "</tool_call>";
/** A call's arguments may themselves hold the closing tag, so each closing is tried; beyond so many in one text none is. */
const mostTries = 200;

const InlineCall = z.object({
  name: z.string().min(1),
  arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
});

export interface SplitText {
  readonly reasoning: string | null;
  readonly content: string;
}

/**
 * Takes thought from the head of a text. Templates that open the block in the prompt leave only its end; a block that never ends was
 * cut, so all is thought.
 */
export function splitThought(text: string): SplitText {
  const close = text.indexOf(thinkClose);
  const opened = text.trimStart().startsWith(thinkOpen);
  if (!opened && (close === -1 || text.slice(0, close).includes(thinkOpen))) return { reasoning: null, content: text };
  const start = opened ? text.indexOf(thinkOpen) + thinkOpen.length : 0;
  const thought = (close === -1 ? text.slice(start) : text.slice(start, close)).trim();
  const content = close === -1 ? "" : text.slice(close + thinkClose.length).trimStart();
  return { reasoning: thought === "" ? null : thought, content };
}

export interface TextWithCalls {
  readonly content: string;
  readonly toolCalls: ToolCall[];
}

/** Takes the whole, well-formed calls out of a text; anything else stays in it. Their ids are empty. */
export function takeCalls(text: string): TextWithCalls {
  const toolCalls: ToolCall[] = [];
  const kept: string[] = [];
  const triesLeft = { count: mostTries };
  let from = 0;
  for (let open = text.indexOf(callOpen); open !== -1; open = text.indexOf(callOpen, open)) {
    const found = callAt(text, open + callOpen.length, triesLeft);
    if (found !== null) {
      kept.push(text.slice(from, open));
      toolCalls.push(found.call);
      from = found.end;
    }
    open = found?.end ?? open + callOpen.length;
  }
  if (toolCalls.length === 0) return { content: text, toolCalls };
  return { content: [...kept, text.slice(from)].join("").trim(), toolCalls };
}

function callAt(text: string, start: number, triesLeft: { count: number }): { call: ToolCall; end: number } | null {
  for (let close = text.indexOf(callClose, start); close !== -1; close = text.indexOf(callClose, close + 1)) {
    if (triesLeft.count === 0) return null;
    const call = readCall(text.slice(start, close));
    if (call !== null) return { call, end: close + callClose.length };
    triesLeft.count -= 1;
  }
  return null;
}

function readCall(text: string): ToolCall | null {
  try {
    const { name, arguments: given = {} } = InlineCall.parse(JSON.parse(text));
    return { id: "", name, arguments: typeof given === "string" ? given : JSON.stringify(given) };
  } catch {
    return null;
  }
}
