import { describe, expect, test } from "vitest";
import { firstRollout } from "../../journey/first-rollout/first-rollout.ts";
import { selfCheck } from "../../journey/self-check/self-check.ts";
import { inventedLineage, openTemporaryRun, putLineage, putOrigin, putStages } from "../../journey/stored-lineage.conformance.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import { failure } from "../../records/failure.ts";
import { failedOutcomeKey, type Lineage } from "../../records/lineage.ts";
import { noSpending } from "../../records/usage.ts";
import { sampleId } from "./rollout.ts";
import { expectInOrder, firstOf, json, putReply, show } from "./shown-run.conformance.ts";

/** Refused at its first attempt and accepted at the second, then broken off. */
async function putSecondAttempt(run: RunStore, lineage: Lineage): Promise<void> {
  await putStages(run, lineage, { check: "refused", firstPatch: "diff --git a/x b/x\n-old\n+new\n" });
  const first = await firstOf(run, lineage);
  const second = { ...first, key: firstRollout.keyOf({ lineage, attempt: 2 }), attempt: 2, problem: "Another hint." };
  await run.ledger.put("rollout", second.key, second);
  const key = selfCheck.keyOf({ rollout: second });
  await run.ledger.put("self-check", key, {
    version: 1,
    key,
    rollout: second.key,
    accepted: true,
    reason: "accepted",
    spending: noSpending,
  });
  await putReply(run, selfCheck.keyOf({ rollout: first }), "It misses the point.");
}

describe("show RUN ID of a lineage", () => {
  test("reads like a page, and is one object for scripts", async () => {
    await using stores = await openTemporaryRun();
    const { run } = stores;
    await putOrigin(run);
    const lineage = inventedLineage(0);
    await putLineage(run, lineage, { firstPatch: "diff --git a/x b/x\n-old\n+new\n", recall: 0.75 });
    const first = await firstOf(run, lineage);
    await putReply(run, first.key, "hello");
    const page = await show(run, lineage.key.slice(0, 8));
    expect(page).toMatchObject({ status: 0, stderr: "" });
    expectInOrder(page.stdout, [
      `Lineage ${lineage.key} · kept`,
      "A.work_0 (python method)",
      "src/m0.py",
      "1 to 9",
      "library",
      "c0ffee",
      "$0.2500 for 1 request\n",
      "T1",
      first.key,
      "submitted after 3 steps with a patch of 1 file, +1 −0",
      `Fix ${first.key}.`,
      "+new",
      "accepted",
      "Pull request",
      "Please fix.",
      "T2",
      "submitted",
      "Patch P2",
      `second ${lineage.key}`,
      "recall 0.7500  precision 1.0000  F1 1.0000",
      "1 of 1 changed line of P1 found among 1 of P2",
      "kept: ",
      sampleId(first.key),
      `show ${run.dir} ${first.key.slice(0, 12)}`,
    ]);
    expect(await json(run, lineage.key)).toMatchObject({
      lineage: { key: lineage.key },
      snapshot: { repository: "library" },
      attempts: [{ firstRollout: { key: first.key }, selfCheck: { accepted: true } }],
      pullRequest: { text: "Please fix." },
      secondRollout: { kind: "t2" },
      verification: { score: { recall: 0.75 } },
      outcome: { state: "kept" },
      failures: [],
      begun: null,
      spending: { costUsd: 0.25 },
    });
  });

  test("that failed after two attempts tells both, what the teacher answered, and what had begun", async () => {
    await using stores = await openTemporaryRun();
    const { run } = stores;
    await putOrigin(run);
    const lineage = inventedLineage(0);
    await putSecondAttempt(run, lineage);
    const problem = failure({ boundary: "sandbox", code: "sandbox-died", message: "It died.", retryable: true });
    for (const tries of [1, 2]) {
      const failed = {
        version: 1 as const,
        lineage: lineage.key,
        state: "failed" as const,
        stage: "pull-request",
        failure: problem,
        tries,
      };
      await run.ledger.put("outcome", failedOutcomeKey(lineage.key, tries), failed);
    }
    const { stdout } = await show(run, lineage.key);
    expectInOrder(stdout, [
      "· failed",
      "attempt 1",
      "not accepted (refused)",
      "It misses the point.",
      "attempt 2",
      "Another hint.",
      "accepted:",
      "failed in pull-request, try 2: sandbox/sandbox-died: It died. (A resumed run",
      "Before that, failed in pull-request, try 1: sandbox/sandbox-died: It died.\n",
    ]);
    expect(stdout).not.toContain("Score");
    const story = { outcome: { tries: 2 }, failures: [{ tries: 1 }], attempts: [{}, {}], verification: null };
    expect(await json(run, failedOutcomeKey(lineage.key, 1))).toMatchObject(story);
  });

  test("that is under way says what has begun", async () => {
    await using stores = await openTemporaryRun();
    const { run } = stores;
    const lineage = inventedLineage(0);
    await run.ledger.put("lineage", lineage.key, lineage);
    await putReply(run, firstRollout.keyOf({ lineage, attempt: 1 }), "I begin.");
    const { stdout } = await show(run, lineage.key);
    expectInOrder(stdout, ["· unfinished", "its snapshot is missing", "Begun and not ended: first-rollout, 1 reply\n"]);
  });
});
