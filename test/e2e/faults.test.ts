import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { call, generateArgs, result, startTeacher, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

/** Faults that pass: the run gets through. */
const passing: readonly (readonly [string, string])[] = [
  ...["429", "500", "reset", "stall", "cut", "malformed", "several", "oversized"].map((fault) => [fault, "openai-chat"] as const),
  ["529 error garbled", "openai-chat"],
  ["empty wrong-tool", "openai-chat"],
  ["529 error garbled", "anthropic-messages"],
  ["429 stall cut", "anthropic-messages"],
  ["malformed several empty wrong-tool", "anthropic-messages"],
];

it.each(passing)("replies are %s by %s: every lineage is accounted for", { timeout: 240_000 }, async (names, dialect) => {
  const faults = names.split(" ");
  const share = faults.length === 1 ? 0.2 : 0.1;
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"), [
    "--faults",
    faults.map((fault) => `${fault}=${share}`).join(","),
    "--faults-in-a-row",
    "2",
  ]);
  const config = join(folder.path, "apprentice.yaml");
  await writeFile(
    config,
    [
      "lineages: 6",
      "concurrency: 6",
      `repositories: [{ path: ${repository} }]`,
      `teachers: [{ kind: endpoint, baseUrl: "${teacher.url}", model: scripted, dialect: ${dialect} }]`,
      "rollout: { deadlines: { firstByteMs: 500, stallMs: 500 } }",
    ].join("\n"),
  );
  const ended = await call(["generate", "--config", config, "--run", join(folder.path, "run"), "--json"]);
  expect([ended.status, ended.stderr.includes("fault of Apprentice")]).toEqual([0, false]);
  const lineages = result(ended)["lineages"] as Record<string, number>;
  expect(lineages).toMatchObject({ total: 6, unfinished: 0, failed: 0 });
  const outcomes = new Set((await teacher.log()).map(({ outcome }) => outcome));
  expect([...outcomes]).toEqual(expect.arrayContaining(faults));
  expect(result(await call(["verify", join(folder.path, "run"), "--json"]))).toEqual({ ok: true, problems: [] });
});

const whole: [string, RegExp, string][] = [
  ["401", /^Stopped: [^\n]*(key|401)/im, "openai-chat"],
  ["404", /^Stopped: [^\n]*(model|404)/im, "openai-chat"],
  ["402", /^Stopped: [^\n]*credit/im, "openai-chat"],
  ["402", /^Stopped: [^\n]*credit/im, "anthropic-messages"],
];

it.each(whole)(
  "always %s (%s, %s): the run stops with one sentence, fails no lineage, and resumes",
  { timeout: 120_000 },
  async (fault, sentence, dialect) => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    const run = join(folder.path, "run");
    const args = (url: string): string[] => generateArgs({ repository, run, url }, "--dialect", dialect, "--lineages", "4", "--json");
    {
      await using teacher = await startTeacher(join(folder.path, "broken.jsonl"), ["--faults", `${fault}=1`]);
      const ended = await call(args(teacher.url));
      expect(ended.status).toBe(1);
      expect(ended.stderr).toMatch(sentence);
      expect(result(ended)["lineages"]).toMatchObject({ total: 4, failed: 0, unfinished: 4 });
    }
    await using teacher = await startTeacher(join(folder.path, "mended.jsonl"));
    const ended = await call(args(teacher.url));
    expect(ended.status).toBe(0);
    expect(result(ended)["lineages"]).toMatchObject({ total: 4, failed: 0, unfinished: 0 });
  },
);
