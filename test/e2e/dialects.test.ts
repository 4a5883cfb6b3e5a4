import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, datasetBytes, result, startTeacher, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

test(
  "the journey through Anthropic's Messages, faults and all, comes to the same data twice and to samples without signatures",
  { timeout: 180_000, ...skippedIf(noBubblewrap) },
  async () => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    const faults = "429=0.05,500=0.05,reset=0.03,cut=0.05";
    await using faulty = await startTeacher(join(folder.path, "faulty.jsonl"), ["--faults", faults, "--faults-in-a-row", "2"]);
    await using steady = await startTeacher(join(folder.path, "steady.jsonl"));
    const generate = async (url: string, run: string): Promise<Record<string, unknown>> => {
      const order = ["--repo", repository, "--base-url", url, "--dialect", "anthropic-messages", "--model", "scripted"];
      return result(await call(["generate", ...order, "--lineages", "6", "--json", "--run", join(folder.path, run)]));
    };
    const [first, second] = await Promise.all([generate(faulty.url, "first"), generate(steady.url, "second")]);
    expect(first["lineages"]).toEqual(second["lineages"]);
    expect(first["lineages"]).toMatchObject({ total: 6, failed: 0 });
    expect(first["tokens"]).toEqual(second["tokens"]);
    expect(await datasetBytes(join(folder.path, "first"))).toEqual(await datasetBytes(join(folder.path, "second")));
    expect(result(await call(["verify", join(folder.path, "first"), "--json"]))).toEqual({ ok: true, problems: [] });
    const samples = readFileSync(join(folder.path, "second", "dataset", "samples.jsonl"), "utf8");
    expect(samples).toContain('"reasoning":');
    expect(samples).not.toContain("signedReasoning");
  },
);

test(
  "what a config says of the server is sent, and a run goes on only where it asks the model the same",
  { timeout: 120_000, ...skippedIf(noBubblewrap) },
  async () => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"));
    const config = join(folder.path, "apprentice.yaml");
    const generate = async (told: string): ReturnType<typeof call> => {
      const endpoint = `kind: endpoint, dialect: anthropic-messages, baseUrl: "${teacher.url}", model: scripted, ${told}`;
      writeFileSync(config, `lineages: 2\nrepositories: [{ path: ${repository} }]\nteachers: [{ ${endpoint} }]\n`);
      return await call(["generate", "--config", config, "--run", join(folder.path, "run"), "--json"]);
    };
    const first = await generate("quirks: { temperature: false }, extraBody: { thinking: { type: adaptive } }");
    expect([first.status, result(first)["lineages"]]).toEqual([0, expect.objectContaining({ total: 2, failed: 0 })]);
    const asked = (await teacher.log()).length;
    const other = await generate("extraBody: { thinking: { type: adaptive } }");
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining("quirks ({")]);
    const less = await generate("quirks: { temperature: false }");
    expect([less.status, less.stderr]).toEqual([2, expect.stringContaining("extraBody ({")]);
    const sameQuestion =
      "quirks: { temperature: false, key: [authorization], cacheMarks: false }, extraBody: { thinking: { type: adaptive } }, termsAllowTraining: false";
    expect((await generate(sameQuestion)).status).toBe(0);
    const card = readFileSync(join(folder.path, "run", "dataset", "README.md"), "utf8");
    expect(card).toContain("The terms of a teacher forbid training on its output");
    expect((await teacher.log()).length).toBe(asked);
    const wrong = await generate("extraBody: { model: other }");
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining(`"teachers[0].extraBody.model" is not allowed`)]);
  },
);

test(
  "runs that differ in dialect and model alone are told of the same functions, hints and demonstrations, to be compared pair by pair",
  { timeout: 120_000, ...skippedIf(noBubblewrap) },
  async () => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"));
    const questions = async (run: string, ...told: string[]): Promise<string[]> => {
      const order = ["--repo", repository, "--base-url", teacher.url, "--lineages", "4", "--json", "--run", join(folder.path, run)];
      expect((await call(["generate", ...order, ...told])).status).toBe(0);
      return questionsOf(join(folder.path, run));
    };
    const openai = await questions("openai", "--model", "scripted");
    expect(openai.length).toBeGreaterThan(4);
    expect(await questions("anthropic", "--model", "scripted", "--dialect", "anthropic-messages")).toEqual(openai);
  },
);

/** Of first attempts and of pull requests, in order. */
function questionsOf(run: string): string[] {
  using ledger = new DatabaseSync(join(run, "ledger.sqlite"), { readOnly: true });
  const bodies = (kind: string): Record<string, unknown>[] =>
    ledger
      .prepare("SELECT body FROM record WHERE kind = ?")
      .all(kind)
      .map(({ body }) => JSON.parse(String(body)));
  const first = bodies("rollout").filter(({ kind, attempt }) => kind === "t1" && attempt === 1);
  const hints = first.map(({ problem }) => String(problem));
  const demonstrations = bodies("pull-request").map(({ demonstration }) => String(demonstration));
  return [...hints.toSorted((a, b) => a.localeCompare(b)), ...demonstrations.toSorted((a, b) => a.localeCompare(b))];
}
