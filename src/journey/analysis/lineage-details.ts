import type { RunStore } from "../../ledger/run-store.ts";
import type { FunctionSite } from "../../records/function-site.ts";
import type { Lineage, LineageOutcome } from "../../records/lineage.ts";
import type { PatchScore } from "../../records/patch-score.ts";
import type { PatchSize, Rollout, Step } from "../../records/rollout.ts";
import type { SafetyFlag } from "../../records/safety-flag.ts";
import type { SelfCheck } from "../../records/self-check.ts";
import { cutMiddle } from "../cut-middle.ts";
import { safetyFlags } from "../dataset/safety/safety-flags.ts";
import { readTranscript } from "../rollout-texts.ts";
import { readLineageStory, type Attempt } from "./lineage-story.ts";
import { latestOutcomes } from "./summarise-run.ts";

/** One turn as a page shows it: long texts cut in their middle, with a count of what is left out. */
export interface TurnDetail {
  readonly turn: number;
  readonly kind: Step["kind"];
  readonly exitCode: number | null;
  readonly reasoning: string;
  readonly said: string;
  readonly calls: readonly { readonly name: string; readonly text: string }[];
  readonly observation: string;
}

/** `turns` null: not read, as of an attempt that came to nothing. `leftOut`: turns between the first and the last shown. */
export interface RolloutDetail {
  readonly key: string;
  readonly attempt: number;
  readonly exit: Rollout["exit"];
  readonly steps: number;
  readonly problem: string;
  readonly patchSize: PatchSize;
  readonly patch: string;
  readonly turns: { readonly first: readonly TurnDetail[]; readonly leftOut: number; readonly last: readonly TurnDetail[] } | null;
  readonly flags: readonly SafetyFlag[];
}

/** What became of a lineage, to read: bounded in size, whatever its agent said and saw. */
export interface LineageDetail {
  readonly repository: string | null;
  readonly commit: string | null;
  readonly attempts: readonly { readonly rollout: RolloutDetail; readonly verdict: SelfCheck["reason"] | null }[];
  /** null: none was written, or no text could be read. */
  readonly pullRequest: string | null;
  readonly second: RolloutDetail | null;
  readonly score: PatchScore | null;
  readonly outcome: LineageOutcome | null;
}

/** A lineage and its state; the rest is read when it is asked for. */
export interface ReportedLineage {
  readonly key: string;
  readonly site: FunctionSite;
  readonly state: LineageOutcome["state"] | "unfinished";
  detail(): Promise<LineageDetail>;
}

/** Characters that are shown of one text. */
const most = { reasoning: 600, said: 1_000, call: 2_000, observation: 1_500, problem: 4_000, pullRequest: 8_000, patch: 12_000 } as const;
const turnsShown = { first: 24, last: 12 } as const;

/** The lineages of a run, in order of key. */
export async function* reportedLineages(run: RunStore): AsyncGenerator<ReportedLineage> {
  const states = new Map((await latestOutcomes(run.ledger)).map(({ lineage, state }) => [lineage, state]));
  for await (const { key, record } of run.ledger.list("lineage"))
    yield { key, site: record.site, state: states.get(key) ?? "unfinished", detail: () => detailOf(run, record) };
}

async function detailOf(run: RunStore, lineage: Lineage): Promise<LineageDetail> {
  const { snapshot, attempts, pullRequest, secondRollout, verification, outcome } = await readLineageStory(run, lineage);
  const text = pullRequest?.text ?? null;
  return {
    repository: snapshot?.repository ?? null,
    commit: snapshot?.sourceCommit ?? null,
    attempts: await Promise.all(attempts.map((attempt, index) => attemptDetail(run, attempt, index === attempts.length - 1))),
    pullRequest: text === null ? null : cutMiddle(text, most.pullRequest),
    second: secondRollout === null ? null : await rolloutDetail(run, secondRollout, true),
    score: verification?.score ?? null,
    outcome,
  };
}

async function attemptDetail(run: RunStore, attempt: Attempt, withTurns: boolean): Promise<LineageDetail["attempts"][number]> {
  return { rollout: await rolloutDetail(run, attempt.firstRollout, withTurns), verdict: attempt.selfCheck?.reason ?? null };
}

async function rolloutDetail(run: RunStore, rollout: Rollout, withTurns: boolean): Promise<RolloutDetail> {
  const { key, attempt, exit, steps, problem, patchSize } = rollout;
  const transcript = withTurns ? await readTranscript(run.artifacts, rollout.transcript) : null;
  const patch = Buffer.from((await run.artifacts.get(rollout.patch)) ?? []).toString("utf8");
  return {
    key,
    attempt,
    exit,
    steps,
    problem: cutMiddle(problem, most.problem),
    patchSize,
    patch: cutMiddle(patch, most.patch),
    turns: transcript === null ? null : turnsOf(transcript.steps),
    flags: transcript === null ? [] : safetyFlags(transcript),
  };
}

function turnsOf(steps: readonly Step[]): NonNullable<RolloutDetail["turns"]> {
  const { first, last } = turnsShown;
  if (steps.length <= first + last) return { first: steps.map(turnOf), leftOut: 0, last: [] };
  return { first: steps.slice(0, first).map(turnOf), leftOut: steps.length - first - last, last: steps.slice(-last).map(turnOf) };
}

function turnOf({ turn, kind, reply, observation, exitCode }: Step): TurnDetail {
  return {
    turn,
    kind,
    exitCode,
    reasoning: cutMiddle(reply.reasoning?.trim() ?? "", most.reasoning),
    said: cutMiddle(reply.content.trim(), most.said),
    calls: reply.toolCalls.map((call) => ({ name: cutMiddle(call.name, most.call), text: cutMiddle(callText(call.arguments), most.call) })),
    observation: cutMiddle(observation, most.observation),
  };
}

/** The arguments of a call, one a line; a command alone as it is; what is no JSON object as the model wrote it. */
function callText(written: string): string {
  try {
    const given: unknown = JSON.parse(written);
    if (typeof given !== "object" || given === null || Array.isArray(given)) return written;
    const [only, ...others] = Object.entries(given);
    if (only === undefined) return "";
    if (only[0] === "command" && others.length === 0) return textOf(only[1]);
    return Object.entries(given)
      .map(([name, value]) => `${name}: ${textOf(value)}`)
      .join("\n");
  } catch {
    return written;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
