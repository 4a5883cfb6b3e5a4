import { ok, type Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import type { Spending } from "../records/usage.ts";
import { ask } from "../rollout/ask.ts";
import { Recording } from "../rollout/recording.ts";
import type { JourneyContext } from "./journey-context.ts";
import type { Prompt } from "./prompt-file.ts";
import type { StepsView } from "./render-steps.ts";

/** A question to the teacher about a finished rollout, outside any agent loop. `read`: the answer, or null where it has none. */
export interface SideQuestion<Answer> {
  readonly key: string;
  readonly prompt: (view: StepsView) => Prompt;
  readonly read: (text: string) => Answer | null;
}

export interface SideAnswer<Answer> {
  readonly answer: Answer | null;
  readonly spending: Spending;
}

/** Tokens of an answer (design §4; reference.md §b.5). */
const answerTokens = 4096;

/** Characters of the question for each token of context: code has three to four, and the rest of the prompt needs room too. */
const charactersPerToken = 2.5;

const quarters = [0, 1, 2, 3] as const;

/**
 * Asks until an answer can be read, each time with a further first quarter of the steps left out; also where the server says that
 * the question is too long (paper.md §1.3). Null: no try brought a readable answer.
 */
export async function askSide<Answer>(
  question: SideQuestion<Answer>,
  context: JourneyContext,
  signal: AbortSignal,
): Promise<Result<SideAnswer<Answer>, Failure>> {
  const recording = await Recording.open(question.key, context.journal);
  const maxCharacters = Math.floor(Math.max(4096, context.rollout.context - 2 * answerTokens) * charactersPerToken);
  for (const dropQuarters of quarters) {
    const { system, user } = question.prompt({ maxCharacters, dropQuarters });
    const messages = [
      { role: "system" as const, content: system },
      { role: "user" as const, content: context.redactor?.redact(user) ?? user },
    ];
    const { temperature } = context.rollout;
    const request = { messages, tools: [], temperature, maxOutputTokens: answerTokens };
    const asked = await ask({ recording, turn: dropQuarters, request }, context.asking, signal);
    if (!asked.ok && asked.error.code !== "context-overflow") return asked;
    const answer = asked.ok ? question.read(asked.value.message.content) : null;
    if (answer !== null) return ok({ answer, spending: recording.spending });
  }
  return ok({ answer: null, spending: recording.spending });
}
