import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentId } from "../base/hash.ts";
import { ok, unwrap } from "../base/result.ts";
import { createScrubber } from "../base/secret.ts";
import { openLocalRun } from "../ledger/local/local-run.ts";
import type { RunStore } from "../ledger/run-store.ts";
import type { Lineage, LineageOutcome } from "../records/lineage.ts";
import type { AssistantMessage } from "../records/message.ts";
import type { Rollout, Step, Transcript } from "../records/rollout.ts";
import { noSpending } from "../records/usage.ts";
import { firstRollout } from "./first-rollout/first-rollout.ts";
import { followLineage } from "./journey.ts";
import { pullRequest } from "./pull-request/pull-request.ts";
import { secondRollout } from "./second-rollout/second-rollout.ts";
import { selfCheck } from "./self-check/self-check.ts";
import { softVerification } from "./soft-verification/soft-verification.ts";
import type { Performer } from "./stage.ts";

/** A new run folder with open stores, gone when it is disposed. */
export interface TemporaryRun extends AsyncDisposable {
  readonly run: RunStore;
  readonly root: string;
}

export async function openTemporaryRun(): Promise<TemporaryRun> {
  const root = mkdtempSync(join(tmpdir(), "apprentice-run-"));
  const run = unwrap(await openLocalRun({ dir: join(root, "run"), scrubber: createScrubber([]), write: true }));
  return {
    run,
    root,
    async [Symbol.asyncDispose]() {
      await run[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A lineage that no repository knows. */
export function inventedLineage(position: number): Lineage {
  const name = `work_${position}`;
  const site = {
    path: `src/m${position}.py`,
    qualifiedName: `A.${name}`,
    name,
    kind: "method" as const,
    language: "python",
    startLine: 1,
    endLine: 9,
    hash: "h",
  };
  return { version: 1, key: contentId(["invented lineage", position]), position, snapshot: "snapshot-1", site };
}

/** What the stages made of a lineage; what is not said is as in a lineage that is kept. */
export interface Story {
  readonly firstPatch?: string;
  readonly recall?: number | null;
  readonly check?: "accepted" | "refused";
  readonly request?: string | null;
  readonly secondExit?: Rollout["exit"];
  readonly secondFiles?: number;
  /** Steps of both rollouts. */
  readonly steps?: readonly Step[];
}

export function message(
  content: string,
  calls: readonly { name: string; arguments: string }[] = [],
  reasoning: string | null = "I think.",
): AssistantMessage {
  return { role: "assistant", content, reasoning, toolCalls: calls.map((call, index) => ({ id: `call-${content}-${index}`, ...call })) };
}

const usualSteps: readonly Step[] = [
  { turn: 0, kind: "requery", reply: message("no call"), observation: "Call a tool.", ended: null, exitCode: null },
  {
    turn: 1,
    kind: "action",
    reply: message("look", [{ name: "bash", arguments: '{"command":"ls"}' }]),
    observation: "a\n",
    ended: "completed",
    exitCode: 0,
  },
  {
    turn: 2,
    kind: "action",
    reply: message("end", [{ name: "submit", arguments: "{}" }]),
    observation: "diff",
    ended: null,
    exitCode: null,
  },
];

interface RolloutParts {
  readonly key: string;
  readonly lineage: Lineage;
  readonly kind: Rollout["kind"];
  readonly patch: string;
  readonly exit?: Rollout["exit"];
  readonly files?: number;
  readonly steps: readonly Step[];
}

async function putRollout(run: RunStore, parts: RolloutParts): Promise<Rollout> {
  const { key, lineage, kind, patch, exit = "submitted", files = 1, steps } = parts;
  const tools = [{ name: "bash", description: "runs", parameters: { type: "object" } }];
  const transcript: Transcript = { version: 1, toolset: "sera", tools, system: "You fix.", user: `Fix ${key}.`, steps: [...steps] };
  const record: Rollout = {
    version: 1,
    key,
    lineage: lineage.key,
    kind,
    attempt: 1,
    problem: `Fix ${key}.`,
    exit,
    transcript: await run.artifacts.put(JSON.stringify(transcript)),
    patch: await run.artifacts.put(patch),
    patchSize: { files, added: files, removed: 0 },
    finalTree: "tree",
    steps: steps.length,
    spending: noSpending,
    contextEstimated: false,
    divergedAtStep: null,
  };
  await run.ledger.put("rollout", key, record);
  return record;
}

/** Puts the records of a run and its snapshot. */
export async function putOrigin(run: RunStore): Promise<void> {
  await run.ledger.put("run", "run", { version: 1, tool: "apprentice 0", identity: { model: "some-model" }, identityHash: "run" });
  const snapshot = {
    version: 1 as const,
    id: "snapshot-1",
    repository: "library",
    sourceCommit: "c0ffee",
    commit: "c",
    tree: "t",
    bundle: "b",
  };
  await run.ledger.put("snapshot", "snapshot-1", snapshot);
}

/** Puts what every stage makes of a lineage under the keys the stages look for, so that following it needs no model. */
export async function putStages(run: RunStore, lineage: Lineage, story: Story = {}): Promise<void> {
  const {
    firstPatch = `patch of ${lineage.key}`,
    recall = 1,
    check = "accepted",
    request = "Please fix.",
    secondExit = "submitted",
    secondFiles = 1,
  } = story;
  const { ledger } = run;
  const steps = story.steps ?? usualSteps;
  await ledger.put("lineage", lineage.key, lineage);
  const first = await putRollout(run, { key: firstRollout.keyOf({ lineage, attempt: 1 }), lineage, kind: "t1", patch: firstPatch, steps });
  const checkKey = selfCheck.keyOf({ rollout: first });
  await ledger.put("self-check", checkKey, {
    version: 1,
    key: checkKey,
    rollout: first.key,
    accepted: check === "accepted",
    reason: check,
    spending: noSpending,
  });
  const requestKey = pullRequest.keyOf({ lineage, rollout: first });
  await ledger.put("pull-request", requestKey, {
    version: 1,
    key: requestKey,
    rollout: first.key,
    demonstration: "d",
    text: request,
    spending: noSpending,
  });
  const key = secondRollout.keyOf({ lineage, pullRequest: requestKey, text: request ?? "" });
  const second = await putRollout(run, {
    key,
    lineage,
    kind: "t2",
    patch: `second ${lineage.key}`,
    exit: secondExit,
    files: secondFiles,
    steps,
  });
  const scoreKey = softVerification.keyOf({ lineage, first, second });
  const score = { recall, precision: 1, f1: 1, sizeRatio: 1, matched: 1, firstLines: 1, secondLines: 1 };
  const lines = await run.artifacts.put(JSON.stringify({ version: 1, files: [], moved: [] }));
  await ledger.put("verification", scoreKey, {
    version: 2,
    key: scoreKey,
    lineage: lineage.key,
    firstPatch: first.patch,
    secondPatch: second.patch,
    score,
    ignoringWhitespace: score,
    anywhere: score,
    sera: score,
    lines,
  });
}

/** Puts the stages of a lineage and the outcome that the journey comes to from them. */
export async function putLineage(run: RunStore, lineage: Lineage, story: Story = {}): Promise<LineageOutcome> {
  await putStages(run, lineage, story);
  const performer: Performer = {
    async perform(stage, input) {
      const record = await run.ledger.get(stage.kind, stage.keyOf(input));
      if (record === null) throw new Error(`no ${stage.kind} is stored for this story`);
      return ok(record);
    },
  };
  const outcome = unwrap(await followLineage(lineage, 1, performer));
  await run.ledger.put("outcome", lineage.key, outcome);
  return outcome;
}
