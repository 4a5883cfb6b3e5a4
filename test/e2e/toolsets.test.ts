import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { call, result, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

interface Row {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

it("generates with mini and texts of the user's own, and goes on only with the same ones", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const run = join(folder.path, "run");
  const texts = join(folder.path, "texts.yaml");
  const config = join(folder.path, "mini.yaml");
  await writeFile(texts, 'system: You are terse.\nframe: "In {{workspace}}: {{problem}}"\n');
  await writeFile(config, "rollout: {toolset: mini, toolsetTexts: texts.yaml}\nteachers: [{kind: scripted}]\nlineages: 4\n");
  const args = ["generate", "--config", config, "--repo", repository, "--sandbox", "none", "--run", run, "--json"];

  const first = await call(args, { folder: folder.path });
  expect(first.stderr).not.toContain("fault of Apprentice");
  expect(result(first)["lineages"]).toMatchObject({ total: 4, failed: 0, unfinished: 0 });
  expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
  const lines = (await readFile(join(run, "dataset", "hermes.jsonl"), "utf8")).trimEnd().split("\n");
  for (const { messages } of lines.map((line) => JSON.parse(line) as Row)) {
    const [system, user, ...turns] = messages;
    expect(system?.content).toMatch(/^You are terse\.\n\n# Tools\n/);
    expect(user?.content).toMatch(/^In \/testbed: /);
    expect(turns.map(({ role }) => role)).toEqual(turns.map((_, index) => (index % 2 === 0 ? "assistant" : "user")));
    expect(turns.at(-1)?.content).toContain('"command": "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"');
    expect(turns.at(-2)?.content).toMatch(/^<tool_response>\n<returncode>/);
  }

  await writeFile(texts, "system: You are not terse.\n");
  const other = await call(args, { folder: folder.path });
  expect([other.status, other.stderr]).toEqual([2, expect.stringMatching(/other settings.*texts/)]);
});

it.each([
  ["frame: no place for it\n", /texts\.yaml:1:1: frame: the frame must hold \{\{problem\}\}/],
  ["sytem: x\n", /texts\.yaml:1:1: unknown key "sytem": did you mean "system"\?/],
  ["descriptions: {python: x}\n", /the toolset sera has no tool "python"; it has bash, str_replace_editor, submit\./],
  [null, /The file .*texts\.yaml is not there: check rollout\.toolsetTexts\./],
])("texts that cannot be taken are refused before anything is made: %j", async (written, sentence) => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  if (written !== null) await writeFile(join(folder.path, "texts.yaml"), written);
  const config = join(folder.path, "c.yaml");
  await writeFile(config, "rollout: {toolsetTexts: texts.yaml}\nteachers: [{kind: scripted}]\n");
  const refused = await call(["generate", "--config", config, "--repo", repository, "--sandbox", "none"], { folder: folder.path });
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringMatching(sentence)]);
});
