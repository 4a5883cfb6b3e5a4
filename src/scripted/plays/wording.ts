import { drawOne } from "../../base/draw.ts";
import { subjectPhrase } from "../subject.ts";
import type { Subject } from "../subject.ts";

/** What words are drawn by: the teacher's seed and the hash of the first user message. */
export interface DrawKey {
  readonly seed: number;
  readonly task: string;
}

export type Step = keyof typeof sayings;

/** Reasoning and a sentence for a step of a play, drawn per conversation. */
export function say(step: Step, { seed, task }: DrawKey, subject: Subject): { reasoning: string; text: string } {
  const { thoughts, texts } = sayings[step];
  const fill = (text: string): string =>
    text
      .replaceAll("{name}", () => subject.name)
      .replaceAll("{place}", () => subjectPhrase(subject))
      .replaceAll("{path}", () => subject.path);
  return { reasoning: fill(drawOne(thoughts, seed, "thought", task, step)), text: fill(drawOne(texts, seed, "text", task, step)) };
}

const sayings = {
  folder: {
    thoughts: [
      "The report names {name}. Before opening it I want to know what lies next to it, so that the change follows the neighbours.",
      "Start wide: the folder of {path} will show which modules belong together.",
    ],
    texts: ["I will look at the surroundings first.", "First, the folder that holds the file.", "Let me see what is around {path}."],
  },
  uses: {
    thoughts: [
      "How {name} is called matters more than how it is written. The callers close by will show what they pass in.",
      "I should know who relies on {name} before I change what it accepts.",
    ],
    texts: ["Next, who uses {name}.", "I want to see the callers close by.", "Searching the neighbouring files for {name}."],
  },
  outline: {
    thoughts: [
      "The file may be long, so I ask for line numbers instead of reading all of it.",
      "A list of the definitions in {path} gives me the line where {name} begins.",
    ],
    texts: ["Finding the line where {name} is defined.", "Now the outline of {path}.", "Looking for the definition."],
  },
  view: {
    thoughts: [
      "With the line known, a window around it is enough. I am looking for what happens with unusual input.",
      "Now read the function itself, its signature and the first statements above all.",
    ],
    texts: ["Here is the part that matters.", "Reading {name}.", "Now I read the function itself."],
  },
  top: {
    thoughts: [
      "The definition is not where the report says. The head of the file may tell why.",
      "No line matches, so I read how the file begins.",
    ],
    texts: ["I do not see {name} there; reading the head of the file.", "The name is not found; looking at the file itself."],
  },
  create: {
    thoughts: [
      "A small script that I can run before and after the change keeps me honest. It has to go away at the end.",
      "I write down how to look at the behaviour, so that the second look is the same as the first.",
    ],
    texts: ["A small script to look at it the same way twice.", "I will write a short reproduction."],
  },
  run: {
    thoughts: ["This is the state before the change.", "The first run, to have something to compare with."],
    texts: ["Running it before any change.", "First run."],
  },
  edit: {
    thoughts: [
      "The input reaches the body unchecked, which fits the report. A few lines at the right place make the behaviour plain, and nothing else has to move.",
      "Nothing states what the function expects, so a wrong value travels on and shows up far away. I keep the change small and inside the function.",
      "The report fits what I read. The smallest change that settles it belongs into the function itself, with the indentation of the file.",
    ],
    texts: ["Now the change. It goes into {place}.", "Editing {place}.", "The smallest change that settles this belongs to {place}."],
  },
  again: {
    thoughts: [
      "The editor could not place the text. More of the surrounding lines will make it unmistakable.",
      "That text was not found once and only once, so I have to say more exactly where it belongs.",
    ],
    texts: ["The text was not unique; with more context it is.", "Once more, with more of the lines around it."],
  },
  insert: {
    thoughts: ["The line number is known, so inserting after it is the surer way."],
    texts: ["I will insert by line number instead."],
  },
  check: {
    thoughts: [
      "Read it once more as a whole: indentation, order, nothing lost.",
      "Before I hand this in I want to see the lines as they now stand.",
    ],
    texts: ["Checking the result.", "How does it read now?", "Let me look at the lines once more."],
  },
  rerun: {
    thoughts: ["The same look as before, now after the change.", "Second run, to compare with the first."],
    texts: ["Running the script again.", "The second run."],
  },
  python: {
    thoughts: ["If there is a Python here I can have it parse the file; if not, reading has to do."],
    texts: ["Is there a Python to check the syntax with?"],
  },
  parse: { thoughts: ["A syntax check costs nothing."], texts: ["Checking that the file still parses."] },
  remove: {
    thoughts: [
      "The script was only for me and must not be part of the change.",
      "Clean up first: the script does not belong in the patch.",
    ],
    texts: ["Removing the script.", "The reproduction goes away again."],
  },
  submit: {
    thoughts: ["The change is in place and small. Nothing else is left to do.", "This settles what the report describes."],
    texts: ["The change to {place} is complete. Submitting.", "Done with {place}; handing it in."],
  },
  confirm: {
    thoughts: [
      "The review asks me to look once more. The diff holds only what I meant to change.",
      "The diff is what I intended: no script, no test touched.",
    ],
    texts: ["The diff is as intended. Submitting for good.", "Nothing to revert. Submitting again."],
  },
} as const;
