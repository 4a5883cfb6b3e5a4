import type { Transcript } from "../../records/rollout.ts";
import { cutMiddle } from "../cut-middle.ts";
import { fenced } from "../fenced.ts";
import { outsideReasoning } from "../outside-reasoning.ts";
import { fillPrompt, readPromptFile, type Prompt } from "../prompt-file.ts";
import { renderSteps, type StepsView } from "../render-steps.ts";
import type { Demonstration } from "./demonstrations.ts";

const mostOfPatch = 40_000;
const mostOfDemonstration = 30_000;
const mostOfPullRequest = 20_000;

export interface PullRequestQuestion extends StepsView {
  /** The bug hint as the agent got it: it says where the problem shows. */
  readonly problem: string;
  readonly transcript: Transcript;
  readonly patch: string;
  readonly demonstration: Demonstration;
}

/** The texts of the question before anything is put in: part of what identifies a run. */
export function pullRequestTexts(): Prompt {
  return readPromptFile(new URL("pull-request-prompt.md", import.meta.url));
}

/** The writer's question (paper.md §1.4). Text of the repository, the agent and the demonstration is fenced as data and cut. */
export function pullRequestPrompt(question: PullRequestQuestion): Prompt {
  const { problem, transcript, patch, demonstration, maxCharacters, dropQuarters } = question;
  return fillPrompt(pullRequestTexts(), {
    demonstration: fenced("example", cutMiddle(demonstration.text, mostOfDemonstration)),
    problem: fenced("report", problem),
    steps: fenced("steps", renderSteps(transcript, { maxCharacters, dropQuarters })),
    patch: fenced("change", cutMiddle(patch, mostOfPatch)),
  });
}

/**
 * The text of an answer, or null where it cannot be read. Only outside reasoning; the last complete pair of tags that holds words and is
 * not quoted counts. Text of more than 20,000 characters is an answer that ran away, and is not cut to look like one.
 */
export function parsePullRequest(text: string): string | null {
  const answer = outsideReasoning(text);
  const blocks = [...answer.matchAll(/<pull_request>(.*?)<\/pull_request>/gs)];
  const readable = blocks.filter(({ index }) => answer[index - 1] !== "`").flatMap(([, block = ""]) => readableText(block) ?? []);
  return readable.at(-1) ?? null;
}

function readableText(block: string): string | null {
  // What stands before the last opening tag only talked about it.
  const text = block.split("<pull_request>").at(-1)?.trim() ?? "";
  if (text.length > mostOfPullRequest || text === "the text") return null;
  return /\p{L}/u.test(text) ? text : null;
}
