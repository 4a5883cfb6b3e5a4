import { contentId } from "../../base/hash.ts";
import { ok } from "../../base/result.ts";
import type { Lineage } from "../../records/lineage.ts";
import type { Rollout } from "../../records/rollout.ts";
import { subjectOf } from "../lineage-subject.ts";
import type { StepsView } from "../render-steps.ts";
import { readRolloutTexts } from "../rollout-texts.ts";
import { askSide } from "../side-question.ts";
import type { Stage } from "../stage.ts";
import { drawDemonstration } from "./demonstrations.ts";
import { parsePullRequest, pullRequestPrompt } from "./pull-request-prompt.ts";

export interface PullRequestInput {
  readonly lineage: Lineage;
  readonly rollout: Rollout;
}

/** First rollout and a demonstration in; the synthetic pull request out (paper.md §1.4). */
export const pullRequest: Stage<"pull-request", PullRequestInput> = {
  name: "pull-request",
  kind: "pull-request",
  keyOf: ({ rollout }) => contentId(["pull-request", rollout.key]),
  async run({ key, input, context }, signal) {
    const { lineage, rollout } = input;
    const snapshot = await context.ledger.get("snapshot", lineage.snapshot);
    const texts = await readRolloutTexts(rollout, context.artifacts);
    const demonstration = drawDemonstration(context.demonstrations.get(snapshot?.repository ?? "") ?? [], {
      seed: context.seed,
      key: subjectOf(lineage),
    });
    const prompt = (view: StepsView) => pullRequestPrompt({ ...texts, problem: rollout.problem, demonstration, ...view });
    const asked = await askSide({ key, prompt, read: parsePullRequest }, context, signal);
    if (!asked.ok) return asked;
    const { answer, spending } = asked.value;
    return ok({ version: 1, key, rollout: rollout.key, demonstration: demonstration.id, text: answer, spending });
  },
};
