import { contentId } from "../../base/hash.ts";
import { ok } from "../../base/result.ts";
import type { Rollout } from "../../records/rollout.ts";
import { noSpending } from "../../records/usage.ts";
import type { StepsView } from "../render-steps.ts";
import { readRolloutTexts } from "../rollout-texts.ts";
import { askSide } from "../side-question.ts";
import type { Stage } from "../stage.ts";
import { parseVerdict, selfCheckPrompt } from "./self-check-prompt.ts";

export interface SelfCheckInput {
  readonly rollout: Rollout;
}

/**
 * First rollout in; is its patch a real answer to its hint? (paper.md §1.3). A rollout that did not submit, or changed nothing, is none,
 * and no money is spent on asking.
 */
export const selfCheck: Stage<"self-check", SelfCheckInput> = {
  name: "self-check",
  kind: "self-check",
  keyOf: ({ rollout }) => contentId(["self-check", rollout.key]),
  async run({ key, input, context }, signal) {
    const { rollout } = input;
    const record = { version: 1 as const, key, rollout: rollout.key };
    if (rollout.exit !== "submitted") return ok({ ...record, accepted: false, reason: "not-submitted", spending: noSpending });
    if (rollout.patchSize.files === 0) return ok({ ...record, accepted: false, reason: "empty-patch", spending: noSpending });
    const texts = await readRolloutTexts(rollout, context.artifacts);
    const prompt = (view: StepsView) => selfCheckPrompt({ ...texts, problem: rollout.problem, ...view });
    const asked = await askSide({ key, prompt, read: parseVerdict }, context, signal);
    if (!asked.ok) return asked;
    const { answer, spending } = asked.value;
    const reason = answer === null ? "unreadable" : answer === "yes" ? "accepted" : "refused";
    return ok({ ...record, accepted: answer === "yes", reason, spending });
  },
};
