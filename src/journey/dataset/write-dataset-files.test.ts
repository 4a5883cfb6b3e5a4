import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256Hex } from "../../base/hash.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { whyNoMount } from "../../base/why-no-mount.conformance.ts";
import { inventedSample } from "../../records/invented-sample.conformance.ts";
import type { Message } from "../../records/message.ts";
import type { Sample, SelectedSample } from "../../records/sample.ts";
import { characterTokenizer } from "./character-tokenizer.conformance.ts";
import { DropCounter } from "./collect-samples.ts";
import { openDatasetFolder } from "./dataset-folder.ts";
import { containers, datasetFormats } from "./dataset-format.ts";
import { readManifest } from "./dataset-manifest.ts";
import { readParquet } from "./read-parquet.conformance.ts";
import { writeDataset, type DatasetOrder } from "./write-dataset.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "apprentice-write-"));
});
afterEach(async () => await rm(root, { recursive: true }));

function conversation(observation: string, argument = "ls"): Message[] {
  return [
    { role: "system", content: "s" },
    { role: "user", content: "u é😀" },
    {
      role: "assistant",
      content: "",
      reasoning: "why",
      toolCalls: [{ id: "1", name: "bash", arguments: JSON.stringify({ command: argument }) }],
    },
    { role: "tool", content: observation, toolCallId: "1" },
  ];
}

function numbered(index: number, messages: readonly Message[] = conversation(`out ${index}`)): SelectedSample {
  const tools = [{ name: "bash", description: "runs", parameters: { type: "object", properties: { command: { type: "string" } } } }];
  const sample = inventedSample(messages, { id: `s${index}`, lineage: `l${index}`, tools, failedSteps: [] });
  return { sample, tokens: 10 + index, ratios: { steps: 0.5, messages: 0.25 }, redactions: 1 };
}

async function* each<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}

function orderOf(samples: Iterable<SelectedSample>, more: Partial<DatasetOrder> = {}): DatasetOrder {
  return {
    samples: each(samples),
    dropped: new DropCounter(),
    formats: ["hermes"],
    container: "jsonl",
    reasoning: "keep_only_think",
    tokenizer: characterTokenizer(),
    origin: { tool: "apprentice 0", runs: [], selection: { kind: "both", threshold: 0.5, flagged: "drop" }, recipe: { seed: 1 } },
    folder: join(root, "out"),
    signal: new AbortController().signal,
    ...more,
  };
}

async function linesOf(name: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(root, "out", name), "utf8");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line): Record<string, unknown> => JSON.parse(line));
}

test("every format is written in both containers, with the same rows", async () => {
  const samples = [0, 1, 2].map((index) => numbered(index));
  for (const container of containers) {
    const folder = join(root, container === "jsonl" ? "out" : "tables");
    const { files } = await writeDataset(orderOf(samples, { formats: datasetFormats, container, folder }));
    expect(files.map(({ rows }) => rows)).toEqual(datasetFormats.map(() => 3));
  }
  for (const format of datasetFormats) {
    const name = format === "canonical" ? "samples" : format;
    const { rows } = await readParquet(join(root, "tables", `${name}.parquet`));
    expect(withoutNull(rows)).toEqual(withoutNull(await linesOf(`${name}.jsonl`)));
  }
});

/** A table has every column in every row. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNull(member)]));
}

test("provenance says all of a row that its format has no room for, and which row it is", async () => {
  const empty: Message[] = [{ role: "assistant", content: "no call", reasoning: null, toolCalls: [] }];
  await writeDataset(orderOf([numbered(0, empty), numbered(1)], { formats: ["hermes", "canonical"] }));
  const [first, second] = await linesOf("provenance.jsonl");
  expect(first).toMatchObject({ instance_id: "s0", rows: { hermes: null, canonical: 0 } });
  expect(second).toEqual({
    instance_id: "s1",
    lineage: "l1",
    kind: "t2",
    ...inventedSample([]).provenance,
    exit: "submitted",
    patchSize: { files: 1, added: 1, removed: 1 },
    scores: { recall: 1, precision: 1, f1: 1, sizeRatio: 1 },
    toolset: "sera",
    flags: [],
    tokens: 11,
    ratios: { steps: 0.5, messages: 0.25 },
    redactions: 1,
    rows: { hermes: 0, canonical: 1 },
  });
  expect(Object.keys((await linesOf("hermes.jsonl"))[0] ?? {})).toEqual(["messages", "instance_id", "tool_json"]);
});

test("the manifest holds counts, recipe, tokenizer and the hash of everything beside it", async () => {
  const decontamination = (): unknown => ({ overlaps: 0 });
  const written = await writeDataset(orderOf([numbered(0), numbered(1)], { decontamination }));
  expect(written).toMatchObject({ samples: 2, kinds: { t1: 0, t2: 2 }, tokens: 21, truncated: 2, redactions: 2 });
  const { folder } = orderOf([]);
  const manifest = await readManifest(folder);
  expect(manifest).toMatchObject({
    version: 3,
    recipe: { seed: 1 },
    tokenizer: { name: "characters", id: "characters-1" },
    decontamination: { overlaps: 0 },
    files: [{ name: "hermes.jsonl", format: "hermes", rows: 2 }],
    companions: [{ name: "provenance.jsonl" }, { name: "README.md", sha256: sha256Hex(await readFile(join(folder, "README.md"))) }],
  });
  const opened = await openDatasetFolder(folder);
  expect(opened).toMatchObject({
    ok: true,
    value: { files: ["hermes.jsonl", "provenance.jsonl", "README.md", "manifest.json"].map((name) => ({ name })) },
  });
});

test.each(["hermes.jsonl", "provenance.jsonl", "README.md"])("a dataset whose %s was changed or lost is not whole", async (name) => {
  await writeDataset(orderOf([numbered(0)]));
  const { folder } = orderOf([]);
  await writeFile(join(folder, name), "changed");
  expect(await openDatasetFolder(folder)).toMatchObject({ ok: false, error: expect.stringContaining("is not the file") });
  await rm(join(folder, name));
  expect(await openDatasetFolder(folder)).toMatchObject({ ok: false, error: expect.stringContaining("is missing") });
});

test("half a character leaves a sample out of every file, counted: no other reader of JSON takes it", async () => {
  const halves: SelectedSample[] = [numbered(0, conversation("\ud83d")), numbered(1), withHint(numbered(2), "\ude00")];
  const order = orderOf(halves, { formats: ["canonical", "hermes"] });
  expect(await writeDataset(order)).toMatchObject({ samples: 1, files: [{ rows: 1 }, { rows: 1 }], dropped: { "lone-surrogate": 2 } });
  expect(await linesOf("provenance.jsonl")).toHaveLength(1);
});

function withHint(selected: SelectedSample, hint: string): SelectedSample {
  const sample: Sample = { ...selected.sample, provenance: { ...selected.sample.provenance, hint } };
  return { ...selected, sample };
}

test.each(containers)("a stop in the middle leaves what was there, and no half %s file", async (container) => {
  await writeDataset(orderOf([numbered(0)], { container }));
  const { folder } = orderOf([]);
  const before = await readdir(folder);
  const controller = new AbortController();
  async function* stopped(): AsyncGenerator<SelectedSample> {
    yield numbered(1);
    controller.abort(new Error("stopped here"));
    yield numbered(2);
  }
  const order = orderOf([], { container, samples: stopped(), signal: controller.signal });
  await expect(writeDataset(order)).rejects.toThrow("stopped here");
  expect((await readdir(folder)).toSorted()).toEqual(before.toSorted());
  expect((await openDatasetFolder(folder)).ok).toBe(true);
  expect(await linesOf("provenance.jsonl")).toMatchObject([{ instance_id: "s0" }]);
});

test("a dataset takes the place of an earlier one, of whose data nothing stays, and nobody else's files go", async () => {
  await writeDataset(orderOf([numbered(0)], { formats: ["hermes", "rendered"], container: "parquet" }));
  await writeFile(join(root, "out", "xml.jsonl"), "of somebody else\n");
  await writeDataset(orderOf([numbered(0)]));
  const names = ["README.md", "hermes.jsonl", "manifest.json", "provenance.jsonl", "xml.jsonl"];
  expect((await readdir(join(root, "out"))).toSorted()).toEqual(names);
});

test("a README that somebody wrote is not replaced", async () => {
  const { folder } = orderOf([]);
  await mkdir(folder);
  await writeFile(join(folder, "README.md"), "# My project\n");
  await expect(writeDataset(orderOf([numbered(0)]))).rejects.toMatchObject({ failure: { code: "foreign-readme" } });
  expect(await readdir(folder)).toEqual(["README.md"]);
  expect(await readFile(join(folder, "README.md"), "utf8")).toBe("# My project\n");
});

test.each(containers)(
  "a disk that fills up in the middle of a %s file is a sentence, and leaves nothing",
  skippedIf(whyNoMount("-m")),
  async (container) => {
    const folder = join(root, "small disk");
    await mkdir(folder);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
    try {
      // What zstd cannot make smaller.
      const noise = (index: number): string => Array.from({ length: 8_000 }, (_, at) => sha256Hex(`${index} ${at}`)).join("");
      const samples = Array.from({ length: 40 }, (_, index) => numbered(index, conversation(noise(index))));
      await expect(writeDataset(orderOf(samples, { folder, container }))).rejects.toMatchObject({ failure: { code: "disk-full" } });
      expect(await readdir(folder)).toEqual([]);
    } finally {
      execFileSync("umount", [folder]);
    }
  },
);
