import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { whyNoMount } from "../../src/base/why-no-mount.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, datasetBytes, result, start, startTeacher, temporaryFolder } from "./command-line.ts";
import { startPlannedTeacher, type PlannedTurn } from "./planned-teacher.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());
const edit = "printf 'x = 1\\n' >> app/prices.py";

interface Planned {
  readonly folder: string;
  readonly plan: readonly PlannedTurn[];
  readonly lineages?: number;
}

/** A run with a planned teacher: what `generate` says, and what the run then holds. */
async function runPlanned({
  folder,
  plan,
  lineages = 2,
}: Planned): Promise<{ ended: Awaited<ReturnType<typeof call>>; run: string; requests: number }> {
  const repository = smallRepository(join(folder, "repository"));
  await using teacher = await startPlannedTeacher((turn) => plan[turn]);
  const config = join(folder, "apprentice.yaml");
  const run = join(folder, "run");
  await writeFile(
    config,
    `lineages: ${lineages}\nrepositories: [{ path: ${repository} }]\nteachers: [{ kind: endpoint, baseUrl: "${teacher.url}", model: m }]\n`,
  );
  const ended = await call(["generate", "--config", config, "--run", run, "--json"]);
  expect(ended.stderr).not.toContain("fault of Apprentice");
  expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
  return { ended, run, requests: teacher.requests };
}

const replies: readonly [string, readonly PlannedTurn[], object, RegExp | null][] = [
  [
    "empty",
    [{ words: "" }, { words: "" }, { words: "" }, { words: "" }],
    { kept: 0, rejected: 2, failed: 0 },
    /2 × rejected: self-check \(not-submitted\)/,
  ],
  ["of a wrong tool once", [{ tool: "web_search", given: { query: "x" } }, edit], { kept: 2, rejected: 0, failed: 0 }, null],
  ["of 2 MB of output", [`${edit}; head -c 2000000 /dev/zero | tr '\\0' y`], { kept: 2, rejected: 0, failed: 0 }, null],
];

it.each(replies)("replies that are %s", { timeout: 60_000, ...skippedIf(noBubblewrap) }, async (_, plan, counts, reason) => {
  await using folder = await temporaryFolder();
  const { ended, run } = await runPlanned({ folder: folder.path, plan });
  expect(result(ended)["lineages"]).toMatchObject(counts);
  if (reason !== null) expect((await call(["report", run])).stdout).toMatch(reason);
  for (const name of Object.keys(await datasetBytes(run)))
    expect(readFileSync(join(run, "dataset", name), "utf8").includes("y".repeat(200_000)), name).toBe(false);
});

it(
  "credit that runs out stops the run in one sentence, and it goes on when there is some",
  { timeout: 60_000, ...skippedIf(noBubblewrap) },
  async () => {
    await using folder = await temporaryFolder();
    const out: PlannedTurn = { status: 402, body: { error: { message: "Insufficient credits." } } };
    const { ended, run, requests } = await runPlanned({ folder: folder.path, plan: [edit, out], lineages: 4 });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/^[^\n]*credit[^\n]*$/im);
    expect(result(ended)["lineages"]).toMatchObject({ kept: 0, failed: 0, unfinished: 4 });
    // Of the four under way each has one reply and three refusals.
    expect(requests).toBe(4 + 12);
    await using teacher = await startPlannedTeacher((turn) => [edit][turn]);
    const again = await call(["generate", "--run", run, "--base-url", teacher.url, "--json"]);
    expect([again.status, result(again)["lineages"]]).toEqual([0, expect.objectContaining({ kept: 4 })]);
  },
);

/** The processes below one, children first. */
function below(pid: number): number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
  return children.flatMap((child) => [...below(child), child]);
}

it(
  "a sandbox that dies in the middle of a command is made anew in the same run",
  { timeout: 120_000, ...skippedIf(noBubblewrap) },
  async () => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    let killed = 0;
    await using teacher = await startPlannedTeacher((turn) => [edit, "sleep 3; echo slept"][turn]);
    const run = join(folder.path, "run");
    const order = ["generate", "--repo", repository, "--base-url", teacher.url, "--model", "m", "--lineages", "1", "--run", run, "--json"];
    const { child, ended } = start(order);
    while (killed === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const sleeping = below(child.pid ?? 0).filter((pid) => commandOf(pid).includes("sleep"));
      if (sleeping.length === 0) continue;
      for (const pid of below(child.pid ?? 0)) {
        if (!commandOf(pid).includes("bwrap")) continue;
        process.kill(pid, "SIGKILL");
        killed++;
      }
    }
    const done = await ended;
    expect([done.status, result(done)["lineages"]], done.stderr).toEqual([0, expect.objectContaining({ kept: 1, failed: 0 })]);
    // T1 and T2 of four turns (a submit is reviewed once), a self-check and a pull request: the replies of the first sandbox are not bought again.
    expect(teacher.requests).toBe(10);
    expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
  },
);

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

it(
  "a disk that fills in mid-run is a sentence; with room the run goes on and buys nothing twice",
  { timeout: 120_000, ...skippedIf(whyNoMount("-m")) },
  async () => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"));
    const disk = join(folder.path, "disk");
    execFileSync("mkdir", [disk]);
    const mount = (size: string, ...how: string[]): void =>
      void execFileSync("mount", ["-t", "tmpfs", "-o", [`size=${size}`, ...how].join(","), "none", disk]);
    mount("1400k");
    try {
      const run = join(disk, "run");
      const order = ["--repo", repository, "--base-url", teacher.url, "--model", "scripted", "--lineages", "10", "--run", run, "--json"];
      const full = await call(["generate", ...order]);
      expect([full.status, full.stderr], full.stdout).toEqual([
        1,
        expect.stringMatching(/^The disk is full: [^\n]*run the same command again\.$/m),
      ]);
      const before = (await teacher.log()).length;
      expect(before).toBeGreaterThan(10);
      mount("60m", "remount");
      const again = await call(["generate", ...order]);
      expect([again.status, result(again)["lineages"]], again.stderr).toEqual([0, expect.objectContaining({ failed: 0, unfinished: 0 })]);
      expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
      const possiblyPaid = Number(result(again)["possiblyPaid"]);
      const asked = (await teacher.log()).map(({ hash }) => hash);
      expect(asked.length - new Set(asked).size).toBeLessThanOrEqual(possiblyPaid);
    } finally {
      execFileSync("umount", [disk]);
    }
  },
);

const timeLibrary = readdirSync("/usr/lib", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => join("/usr/lib", name, "faketime", "libfaketimeMT.so.1"))
  .find((path) => existsSync(path));
const noTime = timeLibrary === undefined ? "libfaketime is not installed, so no clock can be made to jump" : null;

it("a clock that jumps changes nothing but the times that are noted", { timeout: 120_000, ...skippedIf(noTime) }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const clock = join(folder.path, "clock");
  await writeFile(clock, "+0\n");
  const generate = (run: string): string[] => [
    "generate",
    "--repo",
    repository,
    "--teacher",
    "scripted",
    "--sandbox",
    "none",
    "--lineages",
    "8",
    "--json",
    "--run",
    join(folder.path, run),
  ];
  const environment = {
    LD_PRELOAD: timeLibrary ?? "",
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  const jumping = start(generate("jumping"), { environment });
  for (const jump of ["+400d", "-400d", "+1d"]) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    await writeFile(clock, `${jump}\n`);
  }
  const [jumped, steady] = [await jumping.ended, await call(generate("steady"))];
  expect([jumped.status, result(jumped)["lineages"]], jumped.stderr).toEqual([steady.status, result(steady)["lineages"]]);
  expect(Number(result(jumped)["durationSeconds"])).toBeLessThan(3600);
  expect(await datasetBytes(join(folder.path, "jumping"))).toEqual(await datasetBytes(join(folder.path, "steady")));
  expect(result(await call(["verify", join(folder.path, "jumping"), "--json"]))).toEqual({ ok: true, problems: [] });
});
