import { join } from "node:path";
import { expect, it } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createScrubber } from "../../src/base/secret.ts";
import { openLocalRun } from "../../src/ledger/local/local-run.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, result, temporaryFolder } from "./command-line.ts";
import { startPlannedTeacher } from "./planned-teacher.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

it("a first rollout that changed nothing asks for no self-check", { timeout: 60_000, ...skippedIf(noBubblewrap) }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await using teacher = await startPlannedTeacher(() => undefined);
  const run = join(folder.path, "run");
  const args = ["--repo", repository, "--run", run, "--base-url", teacher.url, "--model", "m", "--lineages", "2", "--json"];
  expect(result(await call(["generate", ...args]))["lineages"]).toMatchObject({ kept: 0, rejected: 2, failed: 0 });
  const opened = await openLocalRun({ dir: run, scrubber: createScrubber([]), write: false });
  if (!opened.ok) throw new Error(opened.error.message);
  await using store = opened.value;
  const reasons: string[] = [];
  for await (const { record } of store.ledger.list("self-check")) reasons.push(record.reason);
  const steps: number[] = [];
  for await (const { record } of store.ledger.list("rollout")) steps.push(record.steps);
  expect(reasons).toEqual(steps.map(() => "empty-patch"));
  expect(teacher.requests).toBe(steps.reduce((sum, count) => sum + count, 0));
});
