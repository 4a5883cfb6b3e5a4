import { triesOfLineage } from "../../journey/due-lineages.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import type { LineageOutcome, RejectionRule } from "../../records/lineage.ts";
import type { Verification } from "../../records/patch-score.ts";
import type { SelfCheck } from "../../records/self-check.ts";
import type { Attempt, LineageStory } from "../../journey/analysis/lineage-story.ts";
import { counted } from "../counted.ts";
import { originFields } from "./origin.ts";
import { cutText, dollarsText, fields, heading, patchLines, plain, prose, type PageLine, type PageView } from "./page.ts";
import { rolloutFields, sampleId } from "./rollout.ts";

/** A lineage to read like a page, from its function to its outcome. */
export async function lineagePage(run: RunStore, story: LineageStory, view: PageView): Promise<PageLine[]> {
  const { lineage, attempts, outcome, spending } = story;
  const page = [
    plain(`Lineage ${lineage.key} · ${outcome?.state ?? "unfinished"}`, "heading"),
    ...originFields(story),
    ...fields([["cost", dollarsText(spending)]]),
  ];
  for (const attempt of attempts) page.push(...(await attemptLines(run, attempt, view)));
  page.push(...requestLines(story, view));
  page.push(...(await secondLines(run, story, view)));
  if (story.verification !== null) page.push(...heading("Score", view), ...scoreLines(story.verification));
  return [...page, ...outcomeLines(story, view)];
}

async function attemptLines(run: RunStore, { firstRollout, selfCheck }: Attempt, view: PageView): Promise<PageLine[]> {
  const { attempt, key, problem, patch } = firstRollout;
  return [
    ...heading(`First rollout T1, attempt ${attempt}`, view),
    ...fields([["id", key]]),
    ...rolloutFields(firstRollout),
    plain(""),
    plain("  Bug hint:"),
    ...prose(problem, view),
    ...heading(`Patch P1, attempt ${attempt}`, view),
    ...patchLines(await run.artifacts.get(patch), view),
    ...(selfCheck === null ? [] : [...heading(`Self-check, attempt ${attempt}`, view), ...(await checkLines(run, selfCheck, view))]),
  ];
}

const verdicts: Readonly<Record<SelfCheck["reason"], string>> = {
  accepted: "accepted: the patch answers the hint, says the teacher",
  refused: "not accepted (refused): no answer to the hint, says the teacher",
  unreadable: "not accepted (unreadable): no answer of the teacher could be read",
  "not-submitted": "not accepted (not-submitted): the teacher was not asked",
  "empty-patch": "not accepted (empty-patch): the teacher was not asked",
};

/** The verdict of a self-check, and what the teacher wrote last, as the journal has it. */
export async function checkLines(run: RunStore, { key, reason }: SelfCheck, view: PageView): Promise<PageLine[]> {
  const entries = await run.journal.read(key);
  const answer = entries.findLast((entry) => entry.kind === "reply")?.reply.message.content.trim() ?? "";
  return [
    ...fields([
      ["id", key],
      ["verdict", verdicts[reason]],
    ]),
    ...(answer === "" ? [] : [plain("  The teacher's answer:"), ...cutText(answer, { ...view, mostLines: 12, prefix: "  │ " })]),
  ];
}

function requestLines({ pullRequest }: LineageStory, view: PageView): PageLine[] {
  if (pullRequest === null) return [];
  return [
    ...heading("Pull request", view),
    ...fields([["id", pullRequest.key]]),
    plain(""),
    ...(pullRequest.text === null ? [plain("  No answer of the teacher could be read.")] : prose(pullRequest.text, view)),
  ];
}

async function secondLines(run: RunStore, { secondRollout }: LineageStory, view: PageView): Promise<PageLine[]> {
  if (secondRollout === null) return [];
  return [
    ...heading("Second rollout T2", view),
    ...fields([["id", secondRollout.key]]),
    ...rolloutFields(secondRollout),
    ...heading("Patch P2", view),
    ...patchLines(await run.artifacts.get(secondRollout.patch), view),
  ];
}

/** All scores of a verification; of one that was made before there were others, the one it has. */
export function scoreLines(verification: Verification): PageLine[] {
  const { recall, precision, f1, sizeRatio = null, matched, firstLines, secondLines } = verification.score;
  const ratio = (value: number | null): string => (value === null ? "undefined" : value.toFixed(4));
  const others = verification.version === 1 ? null : verification;
  return [
    plain(`  recall ${ratio(recall)}  precision ${ratio(precision)}  F1 ${ratio(f1)}  size ratio ${ratio(sizeRatio)}`),
    ...(others === null
      ? []
      : [
          plain(
            `  recall without white space ${ratio(others.ignoringWhitespace.recall)}, in any file ${ratio(others.anywhere.recall)}, as sera ${ratio(others.sera.recall)}`,
          ),
        ]),
    plain(`  ${matched} of ${counted(firstLines, "changed line")} of P1 found among ${secondLines} of P2`),
    ...(recall === null ? [plain("  P1 changes no line that counts, so there is nothing to find again.")] : []),
  ];
}

const rules: Readonly<Record<RejectionRule, string>> = {
  "self-check": "no first rollout passed the self-check",
  "pull-request-unreadable": "no pull request could be read from the teacher's answers",
  "second-rollout-not-submitted": "the second rollout ended without submitting",
  "second-rollout-empty-patch": "the second rollout changed nothing",
};

function outcomeLines(story: LineageStory, view: PageView): PageLine[] {
  const { outcome, failures, begun, attempts, secondRollout } = story;
  const shown = attempts.at(-1)?.firstRollout.key ?? null;
  return [
    ...heading("Outcome", view),
    ...prose(outcomeText(outcome) + againText(outcome), view),
    ...failures.flatMap((failed) => prose(`Before that, ${outcomeText(failed)}`, view)),
    ...(begun === null ? [] : [plain(`  Begun and not ended: ${begun.stage}, ${counted(begun.replies, "reply", "replies")}`)]),
    ...(outcome?.state === "kept" && shown !== null && secondRollout !== null
      ? fields([
          ["T1 sample", sampleId(shown)],
          ["T2 sample", `${sampleId(secondRollout.key)} (if its recall is taken)`],
        ])
      : []),
    ...(shown === null
      ? []
      : [plain(""), plain("  A rollout is read turn by turn with", "dim"), plain(`  ${view.lineOf(shown.slice(0, 12))}`, "dim")]),
  ];
}

function outcomeText(outcome: LineageOutcome | null): string {
  if (outcome === null) return "unfinished: the run is under way, or was stopped before this lineage ended.";
  if (outcome.state === "kept") return "kept: the self-check passed and both rollouts submitted a patch.";
  if (outcome.state === "rejected") return `rejected by the rule ${outcome.rule} (${outcome.detail}): ${rules[outcome.rule]}.`;
  const { stage, tries, failure } = outcome;
  return `failed in ${stage}, try ${tries}: ${failure.boundary}/${failure.code}: ${failure.message}`;
}

function againText(outcome: LineageOutcome | null): string {
  if (outcome?.state !== "failed") return "";
  return outcome.failure.retryable && outcome.tries < triesOfLineage
    ? " (A resumed run tries it again.)"
    : " (`generate --retry-failed` tries it again.)";
}
