import { setTimeout as sleep } from "node:timers/promises";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createScrubber } from "../../src/base/secret.ts";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { openLocalRun } from "../../src/ledger/local/local-run.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import {
  call,
  generateArgs,
  datasetBytes,
  result,
  start,
  startTeacher,
  temporaryFolder,
  type Started,
  type TeacherProcess,
} from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

function twelveLineages(parts: Parameters<typeof generateArgs>[0]): string[] {
  return generateArgs(parts, "--lineages", "12", "--concurrency", "6", "--json");
}

/** Sent requests by hash, as the journal has them; throws where one was sent although its reply was there. */
async function journaledIntents(run: string): Promise<Map<string, number>> {
  const opened = await openLocalRun({ dir: run, scrubber: createScrubber([]), write: false });
  if (!opened.ok) throw new Error(opened.error.message);
  await using store = opened.value;
  const intents = new Map<string, number>();
  const replied = new Set<string>();
  for await (const entry of store.journal.entries()) {
    if (entry.kind === "observation" || entry.kind === "superseded") continue;
    const sent = `${entry.key}/${entry.turn}/${entry.try}`;
    if (entry.kind === "intent") {
      if (replied.has(`${entry.key}/${entry.turn}`)) throw new Error(`${sent} was sent although its reply was journaled`);
      intents.set(entry.requestHash, (intents.get(entry.requestHash) ?? 0) + 1);
    }
    if (entry.kind === "reply") replied.add(`${entry.key}/${entry.turn}`);
  }
  return intents;
}

/** Every request the teacher saw has its intent in the journal: as a reply, a named failure, or possibly paid. */
async function expectNothingBoughtTwice(run: string, teacher: TeacherProcess): Promise<void> {
  const intents = await journaledIntents(run);
  const seen = new Map<string, number>();
  for (const { hash } of await teacher.log()) seen.set(hash, (seen.get(hash) ?? 0) + 1);
  expect(seen.size).toBeGreaterThan(0);
  for (const [hash, times] of seen) expect(times).toBeLessThanOrEqual(intents.get(hash) ?? 0);
}

it("killed with -9 again and again it comes to the same bytes, and nothing is bought twice", { timeout: 300_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const [whole, killed] = [join(folder.path, "whole"), join(folder.path, "killed")];
  {
    await using teacher = await startTeacher(join(folder.path, "whole.jsonl"), ["--latency-ms", "20"]);
    expect((await call(twelveLineages({ repository, run: whole, url: teacher.url }))).status).toBe(0);
  }
  await using teacher = await startTeacher(join(folder.path, "killed.jsonl"), ["--latency-ms", "20"]);
  const args = twelveLineages({ repository, run: killed, url: teacher.url });
  for (const afterRequests of [3, 25, 60]) {
    const before = (await teacher.log()).length;
    const { child, ended } = start(args);
    while ((await teacher.log()).length < before + afterRequests && child.exitCode === null) await sleep(10);
    child.kill("SIGKILL");
    await ended;
  }
  const last = await call(args);
  expect([last.status, last.stderr.includes("fault of Apprentice")]).toEqual([0, false]);
  expect(result(last)["lineages"]).toMatchObject({ total: 12, failed: 0, unfinished: 0 });
  expect(await datasetBytes(killed)).toEqual(await datasetBytes(whole));
  expect(result(await call(["verify", killed, "--json"]))).toEqual({ ok: true, problems: [] });
  await expectNothingBoughtTwice(killed, teacher);
});

/** As a terminal does: the whole group gets the signal, children of ours too. */
function pressCtrlC({ child }: Started): void {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
}

it("Ctrl-C once drains, twice stops at once, and both resume", { timeout: 180_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"), ["--latency-ms", "150"]);
  const run = join(folder.path, "run");
  const args = twelveLineages({ repository, run, url: teacher.url }).map((value, index, all) =>
    all[index - 1] === "--concurrency" ? "3" : value,
  );

  const drained = start(args);
  while ((await teacher.log()).length < 6) await sleep(20);
  pressCtrlC(drained);
  const first = await drained.ended;
  expect(first.status).toBe(130);
  expect(first.stderr).toContain("Press Ctrl-C again");
  const afterDrain = result(first)["lineages"] as Record<string, number>;
  expect((afterDrain["kept"] ?? 0) + (afterDrain["rejected"] ?? 0)).toBeGreaterThan(0);
  expect(afterDrain["failed"]).toBe(0);

  const asked = (await teacher.log()).length;
  const stopped = start(args);
  while ((await teacher.log()).length < asked + 6) await sleep(20);
  pressCtrlC(stopped);
  if (stopped.child.stderr !== null) await once(stopped.child.stderr, "data");
  pressCtrlC(stopped);
  expect((await stopped.ended).status).toBe(130);

  const finished = await call(args);
  expect(finished.status).toBe(0);
  expect(result(finished)["lineages"]).toMatchObject({ total: 12, failed: 0, unfinished: 0 });
  expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
  await expectNothingBoughtTwice(run, teacher);
});

it("Ctrl-C twice does not wait for a teacher that never answers", { timeout: 60_000, ...skippedIf(noBubblewrap) }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const server = createServer((request) => void request.resume());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const started = start([...twelveLineages({ repository, run: join(folder.path, "run"), url }), "--sandbox", "bubblewrap"]);
  onTestFinished(() => {
    started.child.kill("SIGKILL");
    server.closeAllConnections();
    server.close();
  });
  expect(await Promise.race([once(server, "request").then(() => null), started.ended])).toBeNull();
  pressCtrlC(started);
  if (started.child.stderr !== null) await once(started.child.stderr, "data");
  pressCtrlC(started);
  expect((await started.ended).status).toBe(130);
});
