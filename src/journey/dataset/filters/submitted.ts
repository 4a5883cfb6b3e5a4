import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Only rollouts that handed their work in, whatever case the program writes it in (reference.md §g.1). */
export function submitted({ sample }: Judged): Verdict {
  return sample.exit === null ? "unknown" : leavesIf(sample.exit.toLowerCase() !== "submitted");
}
