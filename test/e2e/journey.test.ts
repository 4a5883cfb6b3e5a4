import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { call, datasetBytes, result, startTeacher, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const hasBubblewrap = ((): boolean => {
  try {
    execFileSync("bwrap", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();
const sandboxes = hasBubblewrap ? ["bubblewrap", "none"] : ["none"];

interface HermesRow {
  readonly messages: readonly { readonly role: string; readonly content: string; readonly train: boolean }[];
  readonly instance_id: string;
}

function expectSeraShape(row: HermesRow): void {
  const [system, user, ...turns] = row.messages;
  expect([system?.role, user?.role]).toEqual(["system", "user"]);
  for (const [index, { role, content, train }] of turns.entries()) {
    expect(role).toBe(index % 2 === 0 ? "assistant" : "user");
    expect(train).toBe(role === "assistant");
    if (role === "user") expect(content).toMatch(/^<tool_response>\n[^]*\n<\/tool_response>$/);
    else
      expect(content).toMatch(
        /^<think>\n[^]*?\n<\/think>\n\n<tool_call>\n\{"name": "(bash|str_replace_editor|submit)", "arguments": \{[^]*\}\}\n<\/tool_call>$/,
      );
    if (role === "assistant") expect([content.split("<think>").length, content.split("<tool_call>").length]).toEqual([2, 2]);
  }
}

describe.each(sandboxes)("generate with the scripted teacher in %s", (sandbox) => {
  it(
    "goes from a repository to a dataset, verifies, reports, exports, and goes on without buying anything",
    { timeout: 240_000 },
    async () => {
      await using folder = await temporaryFolder();
      const repository = smallRepository(join(folder.path, "repository"));
      const run = join(folder.path, "run");
      await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"), ["--seed", "3"]);
      const flags = ["--base-url", teacher.url, "--model", "scripted", "--sandbox", sandbox === "none" ? "bubblewrap" : sandbox];
      const chosen = sandbox === "none" ? ["--teacher", "scripted", "--sandbox", "none", "--seed", "3"] : flags;
      const args = ["generate", "--repo", repository, "--lineages", "10", "--concurrency", "4", "--run", run, "--json", ...chosen];
      const first = await call(args);
      expect([first.status, first.stderr.includes("fault of Apprentice")]).toEqual([0, false]);
      const generated = result(first);
      const lineages = generated["lineages"] as Record<string, number>;
      expect(lineages).toMatchObject({ total: 10, failed: 0, unfinished: 0 });
      expect((lineages["kept"] ?? 0) + (lineages["rejected"] ?? 0)).toBe(10);
      expect(generated).toMatchObject({ costUsd: 0, possiblyPaid: 0, unknownCostCalls: 0 });

      const rows = (await readFile(join(run, "dataset", "hermes.jsonl"), "utf8"))
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as HermesRow);
      expect(rows.length).toBeGreaterThan(0);
      rows.forEach(expectSeraShape);
      expect(JSON.stringify(rows)).not.toContain(folder.path);

      expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
      const report = result(await call(["report", run, "--json"]));
      expect(report["lineages"]).toEqual(lineages);
      expect(await readFile(join(run, "report.html"), "utf8")).toContain(`<b>${lineages["kept"]}</b><span>kept</span>`);

      const before = await datasetBytes(run);
      const asked = (await teacher.log()).length;
      const again = await call(args);
      expect(again.status).toBe(0);
      expect((await teacher.log()).length).toBe(asked);
      expect(await datasetBytes(run)).toEqual(before);

      const twin = join(folder.path, "twin");
      expect((await call(args.map((value) => (value === run ? twin : value)))).status).toBe(0);
      expect(await datasetBytes(twin)).toEqual(before);

      const exported = result(
        await call([
          "dataset",
          "export",
          run,
          "--kind",
          "t2",
          "--threshold",
          "0",
          "--format",
          "messages",
          "--out",
          join(folder.path, "out"),
          "--json",
        ]),
      );
      expect(exported).toMatchObject({ samples: lineages["kept"], tokens: expect.any(Number) });
      expect(existsSync(join(folder.path, "out", "messages.jsonl"))).toBe(true);
    },
  );
});

it("grows: the first lineages of a larger run are those of a smaller one", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const run = join(folder.path, "run");
  const args = ["generate", "--repo", repository, "--run", run, "--teacher", "scripted", "--sandbox", "none", "--json", "--lineages"];
  expect(result(await call([...args, "3"]))["lineages"]).toMatchObject({ total: 3, unfinished: 0 });
  expect(result(await call([...args, "6"]))["lineages"]).toMatchObject({ total: 6, unfinished: 0 });
  const refused = await call([...args, "6", "--temperature", "0.1"]);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain("rollout.temperature (0.6 → 0.1)");
});
