import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Samples of a commit that one of the runs holds out (design §6). */
export function heldOut(judged: Pick<Judged, "heldOut">): Verdict {
  return leavesIf(judged.heldOut);
}
