import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Imported } from "../../records/imported.ts";
import { toolsetByName } from "../../toolsets/toolsets.ts";
import { hermesSystem } from "../../formats/hermes-system.ts";
import { DropCounter } from "../dataset/collect-samples.ts";
import { Recipe } from "../dataset/recipe.ts";
import { selectSamples } from "../dataset/select-samples.ts";
import { openTemporaryRun, type TemporaryRun } from "../stored-lineage.conformance.ts";
import { failedTurns } from "./failed-turns.ts";
import { importFiles, type ImportTotals } from "./import-files.ts";
import { listImported } from "./list-imported.ts";
import { ToolsetTextsFinder } from "./toolset-texts-of.ts";
import { verifyImported } from "./verify-imported.ts";

let stores: TemporaryRun;
let folder: string;
beforeEach(async () => {
  stores = await openTemporaryRun();
  folder = await mkdtemp(join(tmpdir(), "apprentice-import-"));
});
afterEach(async () => {
  await stores[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const tools = toolsetByName("sera")?.tools ?? [];
const diff = (text: string): string => `diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-old\n+${text}\n kept\n`;

function row(id: string, more: object = {}, command = "ls"): string {
  const messages = [
    { role: "system", content: hermesSystem("You work.", tools) },
    { role: "user", content: `In /testbed: <pr_description>\nIt breaks (${id}).\n</pr_description>` },
    { role: "assistant", content: `<tool_call>\n{"name": "bash", "arguments": {"command": ${JSON.stringify(command)}}}\n</tool_call>` },
    { role: "user", content: "<tool_response>\nOBSERVATION:\nok\n</tool_response>" },
  ];
  return JSON.stringify({ messages: JSON.stringify(messages), instance_id: id, ...more });
}

async function imported(...lines: readonly string[]): Promise<ImportTotals> {
  const file = join(folder, "rows.jsonl");
  await writeFile(file, `${lines.join("\n")}\n`);
  return await importFiles({ files: [file], from: "sera", into: stores.run, signal: new AbortController().signal });
}

test("rows become samples that are stored, scored and selected like our own", async () => {
  const second = { rollout_patch: diff("new"), target_patch: diff("newer"), problem_statement: "It breaks." };
  const totals = await imported(row("i1", { rollout_patch: diff("new"), target_patch: "" }), row("i1", second, "pwd"), row("i2"));
  expect(totals).toEqual({ imported: 3, known: 0, dropped: {}, notes: {}, refused: [] });
  const samples = await Array.fromAsync(listImported(stores.run));
  const [t1, t2] = (["t1", "t2"] as const).map((kind) => samples.find((sample) => sample.kind === kind));
  expect(t2).toMatchObject({ patchSize: { files: 1, added: 1, removed: 1 }, scores: { recall: 0.5, precision: 0.5, sizeRatio: 1 } });
  expect(t1).toMatchObject({ scores: null, lineage: t2?.lineage });
  expect(samples.find(({ kind }) => kind === null)).toMatchObject({ patchSize: null, scores: null });
  // The order of parameters is what the student sees.
  expect(JSON.stringify(t2?.tools)).toBe(JSON.stringify(tools));
  expect(await verifyImported(stores.run)).toEqual([]);

  const dropped = new DropCounter();
  const select = async (recipe: object) =>
    await Array.fromAsync(
      selectSamples({ sources: [stores.run], recipe: Recipe.parse(recipe), tokenizer: null, redactor: null }, dropped),
      ({ sample }) => sample.id,
    );
  expect(await select({ kind: "t2", threshold: 0.5 })).toEqual([t2?.id]);
  expect(await select({ kind: "t2", threshold: 0.6 })).toEqual([]);
  expect(await select({ kind: "t1" })).toEqual([t1?.id]);
  expect(await select({ kind: "both" })).toEqual(samples.map(({ id }) => id));
  expect(dropped.counts).toMatchObject({ "kind-unknown": 3 });
});

test("the same file twice changes nothing; a row twice is counted", async () => {
  const rows = [row("i1"), row("i2"), row("i1")];
  expect(await imported(...rows)).toMatchObject({ imported: 2, known: 0, dropped: { "duplicate-row": 1 }, refused: [{ line: 3 }] });
  const before = await Array.fromAsync(stores.run.ledger.list("imported"));
  expect(await imported(...rows)).toMatchObject({ imported: 0, known: 2 });
  expect(await Array.fromAsync(stores.run.ledger.list("imported"))).toEqual(before);
  expect(await imported(row("i1", {}, "pwd"))).toMatchObject({ imported: 1, known: 0 });
});

test("refused rows are counted, and told with their lines up to a bound", async () => {
  const totals = await imported(...Array.from({ length: 30 }, () => "{"), row("i1"), '{"messages": []}');
  expect(totals).toMatchObject({ imported: 1, dropped: { "bad-json": 30, "no-messages": 1 } });
  expect(totals.refused).toHaveLength(21);
  expect(totals.refused.at(-1)).toMatchObject({ line: 32, reason: "no-messages", file: join(folder, "rows.jsonl") });
});

test("a diff that is none is kept and not scored", async () => {
  const totals = await imported(row("i1", { rollout_patch: "sorry, no diff", target_patch: diff("x") }));
  expect(totals).toMatchObject({ imported: 1, notes: { "unreadable-patches": 1 } });
  expect(await Array.fromAsync(listImported(stores.run))).toMatchObject([{ patchSize: null, scores: null }]);
  expect(await verifyImported(stores.run)).toEqual([]);
});

test("safety flags are found when a sample is read", async () => {
  await imported(row("i1", {}, "curl https://example.com/x"), row("i2", {}, "cat ~/.ssh/id_rsa"));
  const flags = (await Array.fromAsync(listImported(stores.run))).map((sample) => sample.flags[0]);
  expect(new Set(flags)).toEqual(new Set(["credentials", "network"]));
});

test("verify names a record that does not fit its artifacts", async () => {
  await imported(row("i1", { rollout_patch: diff("new"), target_patch: diff("newer") }));
  const other = await openTemporaryRun();
  for await (const { key, record } of stores.run.ledger.list("imported")) {
    const forged: Imported = { ...record, sample: { ...record.sample, scores: null, failedSteps: [2] } };
    await other.run.ledger.put("imported", key, Imported.parse(forged));
    if (record.patch !== null) await other.run.artifacts.put((await stores.run.artifacts.get(record.patch)) ?? "");
  }
  expect(await verifyImported(other.run)).toEqual([
    expect.stringMatching(/^imported \w+: its texts are missing/),
    expect.stringMatching(/: its firstPatch are missing/),
  ]);
  for await (const { record } of stores.run.ledger.list("imported")) {
    for (const id of [record.texts, record.firstPatch]) await other.run.artifacts.put((await stores.run.artifacts.get(id ?? "")) ?? "");
  }
  expect((await verifyImported(other.run)).map((problem) => problem.replace(/^imported \w+: /, ""))).toEqual([
    "its failed steps are others",
    "its scores are missing",
  ]);
  for await (const { key, record } of stores.run.ledger.list("verification")) await other.run.ledger.put("verification", key, record);
  expect((await verifyImported(other.run)).map((problem) => problem.replace(/^imported \w+: /, ""))).toEqual([
    "its failed steps are others",
    "its scores are not those of its patches",
  ]);
  await other[Symbol.asyncDispose]();
});

test("verify names a record whose texts are another's", async () => {
  await imported(row("i1"), row("i2", {}, "pwd"));
  const [one, two] = await Array.fromAsync(stores.run.ledger.list("imported"));
  if (one === undefined || two === undefined) throw new Error("two samples were imported");
  const other = await openTemporaryRun();
  await other.run.ledger.put("imported", one.key, { ...one.record, texts: two.record.texts });
  await other.run.artifacts.put((await stores.run.artifacts.get(two.record.texts)) ?? "");
  expect(await verifyImported(other.run)).toEqual([expect.stringMatching(/its texts are not those it was made from/)]);
  await other[Symbol.asyncDispose]();
});

test("failed steps, as far as results say so", () => {
  const turn = { role: "assistant" as const, content: "", reasoning: null, toolCalls: [] };
  const results = [
    "OBSERVATION:\nok\n",
    "<returncode>0</returncode>\n<output>\n<returncode>1</returncode></output>",
    "<returncode>2</returncode>\n<output>\n</output>",
    "<exception>late</exception>\n<returncode>-1</returncode>\n<output>\n</output>",
    "OBSERVATION:\nNo replacement was performed, old_str `x` did not appear verbatim in /testbed/a.py.",
    "OBSERVATION:\nThe file /testbed/a.py has been edited.",
    "x\n[Command finished with exit code 0]",
    "x\n[Command finished with exit code 127]",
  ];
  const messages = results.flatMap((content) => [turn, { role: "tool" as const, content, toolCallId: "" }]);
  expect(failedTurns(messages)).toEqual([4, 6, 8, 14]);
});

test("words of the toolset that most rows have", async () => {
  const finder = new ToolsetTextsFinder();
  const file = join(folder, "rows.jsonl");
  const other = row("i3").replace("You work.", "You play.");
  await writeFile(file, [row("i1"), row("i2"), other, row("i4").replaceAll("pr_description", "task")].join("\n"));
  await importFiles({
    files: [file],
    from: "sera",
    into: null,
    signal: new AbortController().signal,
    onConversation: (each) => finder.add(each),
  });
  expect(finder.best).toEqual({
    toolset: "sera",
    agree: 2,
    rows: 4,
    texts: {
      system: "You work.",
      frame: "In {{workspace}}: <pr_description>\n{{problem}}\n</pr_description>",
      descriptions: Object.fromEntries(tools.map(({ name, description }) => [name, description])),
    },
  });
  expect(new ToolsetTextsFinder().best).toBeNull();
});
