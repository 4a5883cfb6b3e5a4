import { expect, test } from "vitest";
import { parse } from "yaml";
import { inventedSample } from "../../records/invented-sample.conformance.ts";
import type { SampleProvenance } from "../../records/sample.ts";
import { datasetCard } from "./dataset-card.ts";
import type { DatasetManifest } from "./dataset-manifest.ts";
import { DatasetTotals } from "./dataset-totals.ts";

const { provenance } = inventedSample([]);

function cardOf(origins: readonly Partial<SampleProvenance>[], more: Partial<DatasetManifest> = {}): string {
  const collected = new DatasetTotals();
  for (const [index, origin] of origins.entries()) {
    const scores = { recall: index / 10, precision: 1, f1: 1, sizeRatio: 1 };
    const sample = inventedSample([], { kind: index % 2 === 0 ? "t2" : "t1", provenance: { ...provenance, ...origin }, scores });
    collected.add({ sample, tokens: 100, ratios: { steps: 0.5, messages: 0.5 }, redactions: 2 });
  }
  const { totals } = collected;
  const { samples, kinds, tokens, truncated, redactions, teachers, repositories } = totals;
  const manifest: DatasetManifest = {
    version: 3,
    tool: "apprentice 0",
    runs: [{ identityHash: "1d", tool: "apprentice 0", model: "some-model" }],
    selection: { kind: "both", threshold: 0.5, flagged: "drop" },
    recipe: { seed: 7 },
    reasoning: "keep",
    container: "jsonl",
    tokenizer: { name: "qwen3", id: "q" },
    samples,
    kinds,
    tokens,
    truncated,
    redactions,
    dropped: { "below-threshold": 2 },
    notes: {},
    flagged: {},
    teachers: [...teachers],
    repositories: [...repositories],
    decontamination: null,
    files: [
      { name: "hermes.parquet", format: "hermes", sha256: "5a", rows: samples },
      { name: "samples.parquet", format: "canonical", sha256: "5b", rows: samples },
    ],
    companions: [],
    ...more,
  };
  return datasetCard(manifest, totals);
}

interface Head {
  readonly license: string;
  readonly license_name?: string;
  readonly configs: readonly { readonly config_name: string; readonly data_files: string; readonly default?: boolean }[];
}

function headOf(card: string): Head {
  return parse(card.split("---\n")[1] ?? "") as Head;
}

test("the head names a configuration for each file, the first as default, and the provenance", () => {
  expect(headOf(cardOf([{}])).configs).toEqual([
    { config_name: "hermes", data_files: "hermes.parquet", default: true },
    { config_name: "samples", data_files: "samples.parquet" },
    { config_name: "provenance", data_files: "provenance.jsonl" },
  ]);
});

test("a format in which no sample has a row is no configuration: it could not be loaded", () => {
  const files = [
    { name: "hermes.jsonl", format: "hermes", sha256: "5a", rows: 0 },
    { name: "messages.jsonl", format: "messages", sha256: "5b", rows: 1 },
  ] as const;
  const card = cardOf([{}], { files: [...files] });
  expect(headOf(card).configs.map(({ config_name }) => config_name)).toEqual(["messages", "provenance"]);
  expect(card).toContain('"messages", split="train"');
});

test.each<[readonly (string | null)[], object]>([
  [["MIT"], { license: "mit" }],
  [["MIT", "MIT"], { license: "mit" }],
  [["MIT", null], { license: "unknown" }],
  [["MIT", "Apache-2.0"], { license: "other", license_name: "mixed" }],
  [["MIT OR Apache-2.0"], { license: "other", license_name: "MIT OR Apache-2.0" }],
  [["constructor"], { license: "other", license_name: "constructor" }],
  [[], { license: "unknown" }],
])("licences %j are %j: nobody reads more freedom out of the card than there is", (licences, expected) => {
  const { license, license_name } = headOf(cardOf(licences.map((licence, index) => ({ licence, repository: `r${index}` }))));
  expect({ license, ...(license_name !== undefined && { license_name }) }).toEqual(expected);
});

test("what was counted stands in the card", () => {
  const card = cardOf([{ licence: "MIT" }, {}, { repository: "other" }]);
  expect(card).toContain("| samples | 3 |");
  expect(card).toContain("| tokens | 300 (qwen3) |");
  expect(card).toContain("| cut to fit the context | 3 |");
  expect(card).toContain("| placeholders for secrets and personal data | 6 |");
  expect(card).toContain("| 0.0 to 0.1 | 1 | ████████████████████ |");
  expect(card).toContain("| 0.2 to 0.3 | 1 |");
  expect(card).toContain("| library | MIT | 1 |");
  expect(card).toContain('"seed": 7');
  expect(card).not.toContain("**");
});

test("scripted data and terms that forbid are said in bold, at the top", () => {
  expect(cardOf([{ teacher: "scripted" }])).toMatch(/# Coding-agent trajectories\n\n\*\*Not for training/);
  expect(cardOf([{ termsAllowTraining: false }])).toContain("**The terms of a teacher forbid training");
  expect(cardOf([{ termsAllowTraining: true }])).toContain("| some-model | yes | 1 |");
});

test("names are shown, never obeyed: not by YAML, not by Markdown, not by HTML", () => {
  const hostile = "x\n---\nlicense: mit\n\n# <script>alert(1)</script> [free](http://evil.example) | `y` **bold** www.evil.example \u202e";
  const card = cardOf([{ repository: hostile, licence: hostile, teacher: hostile }], {
    tool: hostile,
    recipe: { note: "```\n# out\u202e" },
    runs: [{ identityHash: hostile, tool: hostile, model: hostile }],
    dropped: { [hostile]: 1 },
  });
  expect(headOf(card)).toMatchObject({
    license: "other",
    license_name: `${hostile.replace(/\s+/g, " ").replace("\u202e", "")}\\u202e`,
  });
  const body = card.slice(card.indexOf("\n---\n", 4) + 5);
  expect(body).not.toMatch(/<script|\[free\]|http:|www\.|\*\*bold|\u202e/);
  expect(body.split("\n").filter((line) => line.startsWith("# "))).toEqual(["# Coding-agent trajectories"]);
  // The recipe's own fence does not close the block.
  expect(body.match(/^````json$/gm)).toHaveLength(1);
  for (const line of body.split("\n").filter((row) => row.startsWith("| "))) expect(line.split("|").length).toBeLessThanOrEqual(5);
});
