import { err, ok, type Result } from "../base/result.ts";
import type { ChatTemplate } from "./chat-template.ts";
import type { ChatMessage, Conversation, RenderProblem } from "./conversation.ts";

/**
 * A stretch of the rendered text. `messages`: how many messages of the conversation are told when it ends; `trained`: where, inside
 * the whole text, what an assistant said begins and ends (its end token included), null for the others.
 */
export interface Turn {
  readonly text: string;
  readonly messages: number;
  readonly trained: { readonly start: number; readonly end: number } | null;
}

const [opening, closing] = ["<|im_start|>", "<|im_end|>"];

/**
 * The rendered text in turns. Templates of ChatML's family part turns by special tokens, so each turn has its tokens alone; results
 * of tools in a row are one turn. Of other templates the beginnings of the conversation are rendered, and must be beginnings of the whole.
 */
export function turnsOf(text: string, conversation: Conversation, template: ChatTemplate): Result<readonly Turn[], RenderProblem> {
  return text.startsWith(opening) ? chatMlTurns(text, conversation.messages) : turnsByBeginnings(text, conversation, template);
}

/** Whether turns of this text can be tokenized one by one. */
export function partsAtSpecialTokens(text: string): boolean {
  return text.startsWith(opening);
}

function chatMlTurns(text: string, messages: readonly ChatMessage[]): Result<readonly Turn[], RenderProblem> {
  const pieces = text.split(opening).slice(1);
  const counts = messagesByTurn(messages);
  // A template may write a system turn of its own: for tools, or a standing one.
  const own = pieces.length - counts.length;
  if (own !== 0 && !(own === 1 && pieces[0]?.startsWith("system\n") === true && messages[0]?.role !== "system")) return err(notFound());
  const turns: Turn[] = [];
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const turn = opening + piece;
    const told = index < own ? 0 : (counts[index - own] ?? 0);
    const isAssistant = index >= own && messages[told - 1]?.role === "assistant";
    const header = `${opening}assistant\n`;
    if (isAssistant !== turn.startsWith(header) || turn.indexOf(closing) !== turn.lastIndexOf(closing)) return err(notFound());
    const end = turn.indexOf(closing);
    if (end < 0) return err(notFound());
    const trained = isAssistant ? { start: at + header.length, end: at + end + closing.length } : null;
    turns.push({ text: turn, messages: told, trained });
    at += turn.length;
  }
  return ok(turns);
}

/** How many messages are told with each turn: one more, or a row of tool results. */
function messagesByTurn(messages: readonly ChatMessage[]): number[] {
  return messages.flatMap(({ role }, index) => (role === "tool" && messages[index + 1]?.role === "tool" ? [] : [index + 1]));
}

function turnsByBeginnings(
  text: string,
  { messages, tools }: Conversation,
  template: ChatTemplate,
): Result<readonly Turn[], RenderProblem> {
  const turns: Turn[] = [];
  let at = 0;
  for (const told of messagesByTurn(messages)) {
    const beginning = told === messages.length ? ok(text) : template.render({ messages: messages.slice(0, told), tools });
    if (!beginning.ok) return beginning;
    if (!text.startsWith(beginning.value)) return err(notFound());
    const end = beginning.value.length;
    const isAssistant = messages[told - 1]?.role === "assistant";
    const start = isAssistant ? assistantStart(text, { messages: messages.slice(0, told - 1), tools }, template) : null;
    if (isAssistant && (start === null || start < at || start > end)) return err(notFound());
    turns.push({ text: text.slice(at, end), messages: told, trained: start === null ? null : { start, end: trainedEnd(text, end) } });
    at = end;
  }
  return ok(turns);
}

/** Where the template would have let an assistant begin. */
function assistantStart(text: string, before: Conversation, template: ChatTemplate): number | null {
  const prompted = template.render(before, { generationPrompt: true });
  return prompted.ok && text.startsWith(prompted.value) ? prompted.value.length : null;
}

/** The line break after an end token is the template's. */
function trainedEnd(text: string, end: number): number {
  return text[end - 1] === "\n" ? end - 1 : end;
}

function notFound(): RenderProblem {
  return {
    reason: "spans-not-found",
    message: "The chat template writes this conversation in a way in which the assistant's words cannot be told from its own.",
  };
}
