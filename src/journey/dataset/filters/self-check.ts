import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Only first rollouts whose answer the teacher itself took for one (paper.md §1.3); second rollouts are not asked about. */
export function selfCheckAccepted({ kind, accepted }: Pick<Judged, "kind" | "accepted">): Verdict {
  if (kind !== "t1") return "stays";
  return leavesIf(accepted === null ? null : !accepted);
}
