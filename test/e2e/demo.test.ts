import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

test("the demo ends with a dataset by kind and with the next command, which works", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const run = join(folder.path, "run");
  const demo = await call(["demo", "--lineages", "4", "--run", run]);
  expect([demo.status, demo.stderr]).toEqual([0, expect.stringContaining("Next, on your own repository")]);

  const rows = (await readFile(join(run, "dataset", "samples.jsonl"), "utf8")).trimEnd().split("\n");
  const kinds = rows.map((row) => (JSON.parse(row) as { kind: string }).kind);
  const count = (kind: string): number => kinds.filter((known) => known === kind).length;
  const dataset = `Dataset: ${rows.length} samples (${count("t1")} T1, ${count("t2")} T2 with recall of 0.5 or more)`;
  expect(demo.stdout).toContain(`${dataset} in `);
  expect((await call(["report", run])).stdout).toContain(`${dataset}\n`);

  const line = demo.stderr.split("\n").find((text) => text.includes("--teacher scripted")) ?? "";
  const flags = line.slice(line.indexOf("generate ")).split(" ");
  const own = flags.map((word) => (word === "../my-repo" ? smallRepository(join(folder.path, "own")) : word));
  const generated = await call([...own, "--run", join(folder.path, "own-run")]);
  expect([generated.status, generated.stdout]).toEqual([0, expect.stringContaining("Dataset: ")]);
});
