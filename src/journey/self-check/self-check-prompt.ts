import type { Transcript } from "../../records/rollout.ts";
import { cutMiddle } from "../cut-middle.ts";
import { fenced } from "../fenced.ts";
import { outsideReasoning } from "../outside-reasoning.ts";
import { fillPrompt, readPromptFile, type Prompt } from "../prompt-file.ts";
import { renderSteps, type StepsView } from "../render-steps.ts";

const mostOfPatch = 40_000;

export interface SelfCheckQuestion extends StepsView {
  /** The bug hint as the agent got it. */
  readonly problem: string;
  readonly transcript: Transcript;
  readonly patch: string;
}

/** The texts of the question before anything is put in: part of what identifies a run. */
export function selfCheckTexts(): Prompt {
  return readPromptFile(new URL("self-check-prompt.md", import.meta.url));
}

/** The judge's question (paper.md §1.3). Text of the repository and of the agent is fenced as data and cut. */
export function selfCheckPrompt({ problem, transcript, patch, maxCharacters, dropQuarters }: SelfCheckQuestion): Prompt {
  return fillPrompt(selfCheckTexts(), {
    problem: fenced("report", problem),
    steps: fenced("steps", renderSteps(transcript, { maxCharacters, dropQuarters })),
    patch: fenced("change", cutMiddle(patch, mostOfPatch)),
  });
}

/**
 * The verdict of an answer, or null where there is none. Only outside reasoning; the last one counts. A tag in quotes, in a quoted
 * line, or beside another one on its line is talk about verdicts and does not count; a line that is nothing but the
 * tag always does, whatever emphasis is around it.
 */
export function parseVerdict(text: string): "yes" | "no" | null {
  const answer = outsideReasoning(text);
  const found = [...answer.matchAll(/<verdict>\s*(yes|no)\s*<\/verdict>/gi)];
  const counting = found.filter((match) => isVerdict(answer, match, found));
  const last = counting.at(-1)?.[1]?.toLowerCase();
  return last === "yes" || last === "no" ? last : null;
}

function isVerdict(answer: string, match: RegExpExecArray, all: readonly RegExpExecArray[]): boolean {
  const end = match.index + match[0].length;
  const lineStart = answer.lastIndexOf("\n", match.index - 1) + 1;
  const lineEnd = answer.indexOf("\n", end) === -1 ? answer.length : answer.indexOf("\n", end);
  const before = answer.slice(lineStart, match.index);
  const after = answer.slice(end, lineEnd);
  if (/^[\s*_`]*$/.test(before) && /^[\s*_`.]*$/.test(after)) return true;
  const alone = all.every((other) => other === match || other.index < lineStart || other.index >= lineEnd);
  return alone && !before.trimStart().startsWith(">") && !/["'`“‘«]$/.test(before);
}
