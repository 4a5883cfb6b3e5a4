import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Only rollouts that handed their work in, whatever case the program writes it in (reference.md §g.1). */
export function submitted({ exit }: Pick<Judged, "exit">): Verdict {
  return leavesIf(exit === null ? null : exit.toLowerCase() !== "submitted");
}
