import type { Play } from "./move.ts";
import { submitMove, workspace } from "./sera-calls.ts";

/** For a task the teacher has no play for: it looks and hands in nothing. */
export function* lookAroundPlay(): Play {
  const words = { reasoning: "This task names no function that I know how to change.", text: "Looking at the repository." };
  yield { ...words, tool: "bash", input: { command: `ls ${workspace}` } };
  for (;;) yield submitMove({ reasoning: "There is nothing here for a scripted teacher to change.", text: "Submitting without a change." });
}
