import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { call, datasetBytes, result, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

interface Row {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly instance_id: string;
}

const diff = (file: string): string => `diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-a\n+b\n`;

async function rowsOf(path: string): Promise<Row[]> {
  const text = await readFile(path, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

/** Rows of ours under the columns of the released data. */
function released(rows: readonly Row[]): string {
  const lines = rows.map(({ messages }, index) => {
    const said = messages.map(({ role, content }) => ({ role, content }));
    const problem = /<pr_description>\n([^]*?)\n<\/pr_description>/.exec(messages[1]?.content ?? "")?.[1];
    const patches = { rollout_patch: diff(`${index}.py`), target_patch: index === 0 ? "" : diff(`${index}.py`) };
    return { messages: JSON.stringify(said), instance_id: `acme_lib_abcde_${10_000 + index}`, problem_statement: problem, ...patches };
  });
  return lines.map((line) => JSON.stringify(line)).join("\n");
}

function messagesOf(rows: readonly Row[]): string[] {
  return rows.map(({ messages }) => JSON.stringify(messages)).toSorted();
}

it("released rows go through a run and come out as they were, and give the words of their agent", { timeout: 180_000 }, async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const repository = smallRepository(at("repository"));
  const generate = ["generate", "--repo", repository, "--teacher", "scripted", "--sandbox", "none", "--lineages", "4", "--json"];
  expect((await call([...generate, "--run", at("own")])).status).toBe(0);
  const rows = await rowsOf(join(at("own"), "dataset", "hermes.jsonl"));
  expect(rows.length).toBeGreaterThan(2);
  await writeFile(at("rows.jsonl"), `${released(rows)}\n{"messages": "cut`);

  const importRows = ["dataset", "import", at("rows.jsonl"), "--from", "sera", "--json", "--run", at("imported")];
  const first = await call([...importRows, "--toolset-texts", at("texts.yaml")]);
  expect([first.status, result(first)]).toEqual([
    0,
    {
      imported: rows.length,
      known: 0,
      dropped: { "cut-off": 1 },
      notes: {},
      refused: [{ file: at("rows.jsonl"), line: rows.length + 1, reason: "cut-off", detail: expect.any(String) }],
      runDir: at("imported"),
      toolsetTexts: { path: at("texts.yaml"), toolset: "sera", agree: rows.length, rows: rows.length },
    },
  ]);
  expect(result(await call(importRows))).toMatchObject({ imported: 0, known: rows.length });
  expect(result(await call(["verify", at("imported"), "--json"]))).toEqual({ ok: true, problems: [] });

  const exported = result(
    await call(["dataset", "export", at("imported"), "--out", at("out"), "--json", "--tokenizer", "none", "--container", "jsonl"]),
  );
  expect(exported).toMatchObject({ samples: rows.length, kinds: { t1: 1, t2: rows.length - 1 } });
  const intoRun = await call(["dataset", "export", at("imported"), "--out", at("imported"), "--tokenizer", "none"]);
  expect(intoRun).toMatchObject({ status: 2, stderr: expect.stringContaining("is a run's own folder") });
  const back = await rowsOf(at("out/hermes.jsonl"));
  expect(messagesOf(back)).toEqual(messagesOf(rows));
  const id = back[0]?.instance_id ?? "";
  expect(result(await call(["show", at("imported"), id, "--json"]))).toMatchObject({
    id,
    provenance: { origin: "sera", repository: "acme/lib" },
  });
  expect((await call(["show", at("imported"), id])).stdout).toContain("imported from sera");
  const overview = await call(["show", at("imported")]);
  expect(overview.stdout).toMatch(new RegExp(`Imported: ${rows.length} samples`));
  expect((await call(["report", at("imported")])).status).toBe(0);
  expect(await readFile(at("imported/report.html"), "utf8")).toContain(`${rows.length - 1} of sera, T2`);
  expect(result(await call(["dataset", "check", at("out/hermes.jsonl"), "--json"]))).toMatchObject({ ok: true, rows: rows.length });

  // The words that were found are the very ones that were used: a run with them makes the same data.
  const config = at("c.yaml");
  await writeFile(config, `rollout: {toolsetTexts: ${JSON.stringify(at("texts.yaml"))}}\n`);
  expect((await call([...generate, "--config", config, "--run", at("again")])).status).toBe(0);
  const [own, again] = [await datasetBytes(at("own")), await datasetBytes(at("again"))];
  expect(again["hermes.jsonl"]).toBe(own["hermes.jsonl"]);

  const refused = await call([...importRows.slice(0, -1), at("own")]);
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringMatching(/is a run of generate.*name another --run/)]);
  const resumed = await call([...generate, "--run", at("imported")]);
  expect([resumed.status, resumed.stderr]).toEqual([2, expect.stringContaining("Name another --run")]);
});

it("folders of trajectories, and what is refused before anything is made", async () => {
  await using folder = await temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  const history = [
    { role: "system", content: "s" },
    { role: "user", content: "u" },
    {
      role: "assistant",
      content: "x",
      tool_calls: [{ id: "c", type: "function", function: { name: "bash", arguments: '{"command": "ls"}' } }],
    },
    { role: "tool", content: "OBSERVATION:\nok", tool_call_ids: ["c"] },
  ];
  await mkdir(at("trajs/a/b"), { recursive: true });
  await writeFile(
    at("trajs/a/b/one.traj"),
    JSON.stringify({ history, info: { exit_status: "submitted", submission: diff("a.py") } }, null, 2),
  );
  await writeFile(at("trajs/two.traj"), '{\n "history": [\n');
  const ended = await call(["dataset", "import", at("trajs"), "--from", "swe-agent", "--run", at("run")]);
  expect(ended.status).toBe(0);
  expect(ended.stdout).toContain("1 sample imported");
  expect(ended.stderr).toMatch(/two\.traj:1: cut-off: ends in the middle/);
  expect(result(await call(["dataset", "stats", at("run"), "--tokenizer", "none", "--json"]))).toMatchObject({ samples: 1 });

  const nothing = await call(["dataset", "import", at("trajs/two.traj"), "--from", "swe-agent", "--run", at("empty"), "--json"]);
  expect([nothing.status, result(nothing)]).toMatchObject([1, { imported: 0, dropped: { "cut-off": 1 } }]);
  for (const args of [
    [at("nowhere.jsonl"), "--from", "sera"],
    [at("trajs"), "--from", "sera"],
    [at("trajs/two.traj"), "--from", "sweagent"],
  ]) {
    const refused = await call(["dataset", "import", ...args, "--run", at("none")]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).not.toContain("fault of Apprentice");
  }
  await expect(stat(at("none"))).rejects.toThrow("ENOENT");
});

it("check ends with 1 where a trainer would trip, in few lines", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "x.jsonl");
  const row = { messages: [{ role: "user", content: "x" }], instance_id: "i" };
  await writeFile(
    path,
    `${Array.from({ length: 40 }, (_, index) => JSON.stringify({ ...row, messages: [{ role: "user", content: String(index) }] })).join("\n")}\n{"a\n`,
  );
  const ended = await call(["dataset", "check", path, "--json"]);
  expect([ended.status, result(ended)]).toMatchObject([
    1,
    { ok: false, rows: 40, format: "hermes", counts: { "bad-json": 1, "missing-system": 40, "no-trained-message": 40 } },
  ]);
  const told = await call(["dataset", "check", path]);
  expect(told.status).toBe(1);
  expect(told.stdout.split("\n").length).toBeLessThan(20);
  expect(told.stdout).toContain("line 41: Unterminated string in JSON");
  const missing = await call(["dataset", "check", join(folder.path, "none.jsonl"), "--json"]);
  expect([missing.status, result(missing)]).toMatchObject([1, { ok: false, problems: [{ kind: "unreadable-file" }] }]);
  expect((await call(["dataset", "check", path, "--tokenizer", join(folder.path, "none")])).status).toBe(2);
});
