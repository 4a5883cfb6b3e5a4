import type { Step, Transcript } from "../records/rollout.ts";
import { cutMiddle } from "./cut-middle.ts";

export interface StepsView {
  /** Most UTF-16 units of the whole text. */
  readonly maxCharacters: number;
  /** How many quarters of the steps are left out, from the first on: for another try when an answer could not be read (paper.md §1.3). */
  readonly dropQuarters: 0 | 1 | 2 | 3;
}

/** Reasoning is of use as a hint at what was meant; most of it is not. */
const mostReasoning = 1000;
/** A part that is cut further says nothing: earlier steps are left out instead. */
const leastPart = 200;

interface Part {
  readonly label: string;
  readonly text: string;
}

/**
 * The steps of a rollout to be read by the judge and the writer: what the agent thought, said and called, and what it saw. Replies
 * that held no valid call are no steps. Where there is too much, the longest parts are cut in their middle, all to one
 * length; where even that is not enough, the earliest steps are left out. Equal input gives equal text.
 */
export function renderSteps(transcript: Transcript, { maxCharacters, dropQuarters }: StepsView): string {
  const all = transcript.steps.filter((step) => step.kind !== "requery").map(partsOf);
  const dropped = Math.min(Math.max(0, all.length - 1), Math.floor((all.length * dropQuarters) / 4));
  for (let first = dropped; first < all.length; first++) {
    const most = longestPart(all.slice(first), maxCharacters - leftOut(first).length);
    if (most >= leastPart) return leftOut(first) + renderFrom(all, first, most);
  }
  return cutMiddle(leftOut(all.length), maxCharacters);
}

function leftOut(count: number): string {
  if (count === 0) return "";
  return count === 1 ? "[the first step is left out]\n\n" : `[the first ${count} steps are left out]\n\n`;
}

function partsOf(step: Step): Part[] {
  const { reasoning, content, toolCalls } = step.reply;
  const parts: Part[] = [];
  if (reasoning !== null && reasoning.trim() !== "") parts.push({ label: "thought", text: cutMiddle(reasoning.trim(), mostReasoning) });
  if (content.trim() !== "") parts.push({ label: "said", text: content.trim() });
  for (const call of toolCalls) parts.push({ label: `called ${call.name}`, text: call.arguments });
  parts.push({ label: step.exitCode === null ? "saw" : `saw (exit status ${step.exitCode})`, text: step.observation });
  return parts;
}

const heading = (number: number): string => `## Step ${number}\n`;
const labelled = ({ label, text }: Part): string => `${label}:\n${text}\n`;

function renderFrom(steps: readonly (readonly Part[])[], first: number, most: number): string {
  const shown = steps.slice(first).map((parts, index) => {
    const cut = parts.map(({ label, text }) => labelled({ label, text: cutMiddle(text, most) }));
    return heading(first + index + 1) + cut.join("");
  });
  return shown.join("\n");
}

/** The greatest length to which all parts may be cut so that everything fits; below zero where not even the labels fit. */
function longestPart(steps: readonly (readonly Part[])[], maxCharacters: number): number {
  const parts = steps.flat();
  const frames = steps.length * (heading(10_000).length + 1);
  const labels = parts.reduce((sum, { label }) => sum + labelled({ label, text: "" }).length, 0);
  let budget = maxCharacters - frames - labels;
  const lengths = parts.map(({ text }) => text.length).sort((a, b) => a - b);
  for (const [index, length] of lengths.entries()) {
    const share = Math.floor(budget / (lengths.length - index));
    if (length > share) return share;
    budget -= length;
  }
  return Number.MAX_SAFE_INTEGER;
}
