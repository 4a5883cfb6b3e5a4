import { contentId } from "../../base/hash.ts";
import type { Lineage } from "../../records/lineage.ts";
import { rolloutOfLineage } from "../rollout-task.ts";
import type { Stage } from "../stage.ts";

export interface SecondRolloutInput {
  readonly lineage: Lineage;
  /** Key of the pull request whose text this is. */
  readonly pullRequest: string;
  readonly text: string;
}

/** Synthetic pull request in; the rollout T2 with its patch P2 out, from the untouched snapshot (paper.md §1.5). */
export const secondRollout: Stage<"rollout", SecondRolloutInput> = {
  name: "second-rollout",
  kind: "rollout",
  keyOf: ({ pullRequest }) => contentId(["second-rollout", pullRequest]),
  async run({ key, input, context }, signal) {
    return rolloutOfLineage({ key, lineage: input.lineage, kind: "t2", attempt: 1, problem: input.text }, context, signal);
  },
};
