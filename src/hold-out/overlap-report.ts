import { plainText } from "../base/plain-text.ts";
import { overlapKinds, type Decontamination, type Overlap, type OverlapKind, type OverlapRules } from "./benchmark.ts";

/** What was compared with a benchmark and what was left out for it, to be published beside a dataset. Holds counts and ids, no text. */
export interface OverlapReport {
  readonly version: 1;
  readonly benchmark: { readonly sha256: string; readonly tasks: number; readonly unreadRows: number };
  readonly rules: OverlapRules;
  readonly judged: number;
  readonly leftOut: number;
  readonly byRule: Readonly<Record<OverlapKind, number>>;
  readonly overlaps: readonly Overlap[];
}

export function overlapReport({ file, rules, judged, overlaps }: Decontamination): OverlapReport {
  const counts = overlapKinds.map((kind) => [kind, overlaps.filter((overlap) => overlap.rules.includes(kind)).length] as const);
  const byRule = Object.fromEntries(counts) as Record<OverlapKind, number>;
  const benchmark = { sha256: file.sha256, tasks: file.tasks.length, unreadRows: file.unread };
  return { version: 1, benchmark, rules, judged, leftOut: overlaps.length, byRule, overlaps };
}

/** The same for people, in Markdown. */
export function overlapMarkdown(report: OverlapReport): string {
  const { benchmark, rules, judged, leftOut, byRule, overlaps } = report;
  const { words, shared } = rules;
  const meanings: Record<OverlapKind, string> = {
    repository: rules.repository ? "a task is of the sample's repository" : "not asked",
    commit: rules.commit ? "a task is of the sample's very commit" : "not asked",
    statement:
      shared === null ? "not asked" : `the message to the agent and a problem statement share ${shared} or more runs of ${words} words`,
    patch:
      shared === null ? "not asked" : `changed lines of the patch and of a task's patches share ${shared} or more runs of ${words} words`,
  };
  return [
    "# Overlap with a benchmark",
    "",
    `Of ${judged} samples that were compared, ${leftOut} overlap and were left out.`,
    `The benchmark has ${benchmark.tasks} tasks${benchmark.unreadRows === 0 ? "" : ` and ${benchmark.unreadRows} rows that could not be read`} (SHA-256 \`${benchmark.sha256}\`).`,
    "",
    "| rule | samples | meaning |",
    "|---|---:|---|",
    ...overlapKinds.map((kind) => `| ${kind} | ${byRule[kind]} | ${meanings[kind]} |`),
    "",
    "A sample may overlap by several rules. Words are letters, digits and underscores in lower case.",
    ...(overlaps.length === 0
      ? []
      : ["", "| sample | repository | task | rules | runs in the statement | runs in the patch |", "|---|---|---|---|---:|---:|"]),
    ...overlaps.map((overlap) => row(overlap)),
    "",
  ].join("\n");
}

function row({ sample, repository, task, rules, statementRuns, patchRuns }: Overlap): string {
  return `| ${[sample, cell(repository ?? "unknown"), cell(task), rules.join(", "), statementRuns, patchRuns].join(" | ")} |`;
}

/** Foreign text that stays in its cell. */
function cell(text: string): string {
  return plainText(text)
    .replace(/\s+/g, " ")
    .replace(/[\\`|<>*[\]]/g, (character) => `\\${character}`);
}
