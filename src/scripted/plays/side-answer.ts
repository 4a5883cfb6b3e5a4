import { drawOne, drawUnit } from "../../base/draw.ts";
import { findSubject, subjectPhrase } from "../subject.ts";
import type { Subject } from "../subject.ts";
import type { DrawKey } from "./wording.ts";

/** Text that answers a request without tools. */
export interface SideAnswer {
  readonly reasoning: string;
  readonly text: string;
}

/** Share of self-checks that say no. */
const refusedShare = 0.05;

/** The words by which a play of a second rollout knows a report of this teacher. */
const reportPhrase = "The place where it shows is ";

/** What the prompt asks for by its tags: a verdict, a pull request; null where it asks for neither. */
export function sideAnswer(prompt: string, key: DrawKey): SideAnswer | null {
  const verdictAt = prompt.lastIndexOf("<verdict>");
  const reportAt = prompt.lastIndexOf("<pull_request>");
  if (verdictAt === -1 && reportAt === -1) return null;
  return verdictAt > reportAt ? verdict(key) : report(findSubject(prompt), key);
}

/** Whether a task is a report that this teacher wrote, and so a second rollout. */
export function isReport(task: string): boolean {
  return task.includes(`${reportPhrase}\``);
}

function verdict({ seed, task }: DrawKey): SideAnswer {
  const refused = drawUnit(seed, "verdict", task) < refusedShare;
  return refused
    ? {
        reasoning: "The change does not touch what the report describes.",
        text: "The patch leaves the question open.\n<verdict>no</verdict>",
      }
    : { reasoning: "The change is small and sits where the report points.", text: "The patch answers its prompt.\n<verdict>yes</verdict>" };
}

function report(subject: Subject | null, { seed, task }: DrawKey): SideAnswer {
  const draw = (label: string, items: readonly string[]): string => drawOne(items, seed, label, task);
  const name = subject?.name.split(".").at(-1) ?? "the code";
  const where = subject === null ? "" : ` ${reportPhrase}${subjectPhrase(subject)}.`;
  const lines = [draw("title", titles).replace("{name}", () => name), "", `${draw("symptom", symptoms)}${where}`, "", draw("wish", wishes)];
  return {
    reasoning: "Describe what a user sees, not what the change does.",
    text: `<pull_request>\n${lines.join("\n")}\n</pull_request>`,
  };
}

const titles = [
  "Confusing behaviour of {name} with unusual input",
  "{name} goes on quietly when its input is wrong",
  "Hard to tell what went wrong after a call of {name}",
  "Unclear outcome of {name}",
];

const symptoms = [
  "A value that nobody had filled in went all the way through, and the trouble only showed much later, in code that had nothing to do with it.",
  "One of our jobs stopped with a message that says nothing about the real reason. It took most of an afternoon to trace it back.",
  "I called it with what I had at hand and got an answer that looked right, but was not. Nothing was said about the input.",
  "Reading the code that calls it, I could not tell which values are fine to pass in, and trying it out did not make it clearer.",
];

const wishes = [
  "I would expect it to say at once what it does not accept, or at least to make plain what it hands back.",
  "It would help if this was clear right where it happens and not three calls later.",
  "A clear statement at that place would have saved me the search.",
];
