import { contentId } from "../../base/hash.ts";
import type { Lineage } from "../../records/lineage.ts";
import { subjectOf } from "../lineage-subject.ts";
import { rolloutOfLineage } from "../rollout-task.ts";
import type { Stage } from "../stage.ts";
import { drawBugHint, renderBugHint } from "./bug-hints.ts";

export interface FirstRolloutInput {
  readonly lineage: Lineage;
  /** From 1; each attempt has another hint. */
  readonly attempt: number;
}

/** Function site and bug hint in; the rollout T1 with its patch P1 out (paper.md §1.2). */
export const firstRollout: Stage<"rollout", FirstRolloutInput> = {
  name: "first-rollout",
  kind: "rollout",
  keyOf: ({ lineage, attempt }) => contentId(["first-rollout", lineage.key, attempt]),
  async run({ key, input, context }, signal) {
    const { lineage, attempt } = input;
    const hint = drawBugHint({ seed: context.seed, subject: subjectOf(lineage), attempt });
    const problem = renderBugHint(hint, lineage.site);
    return rolloutOfLineage({ key, lineage, kind: "t1", attempt, problem }, context, signal);
  },
};
