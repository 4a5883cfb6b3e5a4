import { plainText } from "../../base/plain-text.ts";
import { cardHead, configName, oneLine } from "./card-head.ts";
import { provenanceName } from "./dataset-format.ts";
import type { DatasetManifest } from "./dataset-manifest.ts";
import { isScripted, type Totals } from "./dataset-totals.ts";

/** By this line a card is known as one of ours. */
export const cardMark = "<!-- dataset card by apprentice -->";

/**
 * The card of a dataset, as the hub shows it: what it holds, how it was made, and what forbids its use. Names from repositories and
 * recipes are foreign text: they are shown, never obeyed.
 */
export function datasetCard(manifest: DatasetManifest, totals: Totals): string {
  const sections = [
    `---\n${cardHead(manifest)}---`,
    cardMark,
    "# Coding-agent trajectories",
    ...warnings(manifest),
    whatItIs(manifest),
    howMade(manifest),
    scores(totals),
    licences(manifest),
    terms(manifest),
    leftOut(manifest),
    decontamination(manifest),
    howToLoad(manifest),
  ];
  return `${sections.join("\n\n")}\n`;
}

function warnings(manifest: DatasetManifest): string[] {
  const said: string[] = [];
  if (isScripted(manifest))
    said.push(
      "**Not for training: samples of the scripted teacher are in it. They are for trying the machine; nothing can be learnt from them.**",
    );
  if (manifest.teachers.some(({ termsAllowTraining }) => termsAllowTraining === false))
    said.push("**The terms of a teacher forbid training on its output: see below.**");
  return said;
}

function whatItIs({ samples, kinds, tokens, tokenizer, truncated, redactions, files }: DatasetManifest): string {
  const other = samples - kinds.t1 - kinds.t2;
  const rows = [
    ["samples", String(samples)],
    ["of first rollouts (T1)", String(kinds.t1)],
    ["of second rollouts (T2)", String(kinds.t2)],
    ...(other > 0 ? [["of other programs", String(other)]] : []),
    ["tokens", tokens === null || tokenizer === null ? "not counted" : `${tokens} (${shown(tokenizer.name)})`],
    ["cut to fit the context", String(truncated)],
    ["placeholders for secrets and personal data", String(redactions)],
  ];
  const data = files.map(({ name, rows: count, sha256 }) => [code(name), String(count), code(sha256)]);
  return [
    "## What it is",
    "Whole conversations of a coding agent with its tools: a task, then calls and what came of them, up to the patch.",
    table(["", ""], rows),
    table(["file", "rows", "SHA-256"], data),
  ].join("\n\n");
}

function howMade({ tool, runs, recipe, selection, reasoning }: DatasetManifest): string {
  const { kind, threshold, flagged } = selection;
  const resolved = JSON.stringify(recipe ?? { kind, threshold, flagged }, null, 2);
  return [
    "## How it was made",
    "By soft verification (SERA, arXiv 2601.20789): a teacher changes a function (T1), describes the change as a pull request, and makes it " +
      "again from that description alone (T2); the recall of the first patch's lines in the second says how far the two agree.",
    list([
      `Written by ${shown(tool)}; reasoning in hermes rows: ${shown(reasoning)}.`,
      ...runs.map(
        ({ identityHash, tool: made, model }) => `Run ${code(identityHash)}: teacher ${shown(model ?? "unknown")}, ${shown(made)}.`,
      ),
    ]),
    "The recipe:",
    fenced(resolved, "json"),
  ].join("\n\n");
}

function scores({ recallTenths, recallUnknown, kinds }: Totals): string {
  if (kinds.t2 === 0 && recallTenths.every((count) => count === 0)) return "## Scores\n\nNo sample of a second rollout is in it.";
  const most = Math.max(1, ...recallTenths);
  const rows = recallTenths.map((count, tenth) => [
    `${(tenth / 10).toFixed(1)} to ${((tenth + 1) / 10).toFixed(1)}`,
    String(count),
    "█".repeat(Math.ceil((count / most) * 20)),
  ]);
  return [
    "## Scores",
    "Second rollouts by recall.",
    table(["recall", "samples", ""], [...rows, ["unknown", String(recallUnknown), ""]]),
  ].join("\n\n");
}

function licences({ repositories }: DatasetManifest): string {
  const rows = repositories.map(({ name, licence, samples }) => [shown(name ?? "unknown"), shown(licence ?? "unknown"), String(samples)]);
  return [
    "## Licences",
    "The conversations quote source code of these repositories, whose licences hold for what is quoted.",
    table(["repository", "licence (SPDX)", "samples"], rows),
  ].join("\n\n");
}

function terms({ teachers }: DatasetManifest): string {
  const allowed = (value: boolean | null): string => (value === null ? "not known" : value ? "yes" : "**no**");
  const rows = teachers.map(({ name, termsAllowTraining, samples }) => [
    shown(name ?? "unknown"),
    allowed(termsAllowTraining),
    String(samples),
  ]);
  return [
    "## Teachers",
    "Whether training on its output is allowed is for the teacher's terms to say; where they are not known, read them before you train.",
    table(["teacher", "terms allow training", "samples"], rows),
  ].join("\n\n");
}

function leftOut({ dropped, flagged }: DatasetManifest): string {
  const rows = (counts: Readonly<Record<string, number>>): string[][] =>
    Object.entries(counts)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([reason, count]) => [code(reason), String(count)]);
  const parts = ["## Left out"];
  parts.push(Object.keys(dropped).length === 0 ? "Nothing." : table(["reason", "count"], rows(dropped)));
  if (Object.keys(flagged).length > 0)
    parts.push("Samples with safety flags, left out or kept:", table(["gravest flag", "samples"], rows(flagged)));
  return parts.join("\n\n");
}

function decontamination({ decontamination: report }: DatasetManifest): string {
  const said =
    report === null || report === undefined
      ? "Not checked against a benchmark. Commits that the runs hold out are not in it."
      : fenced(JSON.stringify(report, null, 2), "json");
  return `## Decontamination\n\n${said}`;
}

function howToLoad({ files }: DatasetManifest): string {
  const first = files.find(({ rows }) => rows > 0);
  const name = first === undefined ? "provenance" : configName(first.format);
  const lines = ["from datasets import load_dataset", "", `rows = load_dataset("THIS FOLDER OR NAME", "${name}", split="train")`];
  return [
    "## How to load it",
    fenced(lines.join("\n"), "python"),
    `${code(provenanceName)} says of each sample where it comes from, its scores and tokens, and which row it is in each file.`,
  ].join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function list(items: readonly string[]): string {
  return items.map((item) => `* ${item}`).join("\n");
}

/** Foreign text within a line of Markdown: nothing in it is markup. */
function shown(text: string): string {
  return oneLine(text)
    .replace(/[&<>\\`*_{}[\]()#!|~$@:]/g, (mark) => `&#${mark.charCodeAt(0)};`)
    .replace(/(?<=www)\./gi, "&#46;");
}

/** Foreign text as code within a line or a table's cell. */
function code(text: string): string {
  return `<code>${shown(text)}</code>`;
}

/** A block that its text cannot close. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${plainText(text)}\n${fence}`;
}
