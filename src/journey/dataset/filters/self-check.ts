import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Only first rollouts whose answer the teacher itself took for one (paper.md §1.3); second rollouts are not asked about. */
export function selfCheckAccepted({ sample, accepted }: Judged): Verdict {
  if (sample.kind !== "t1") return "stays";
  return accepted === null ? "unknown" : leavesIf(!accepted);
}
