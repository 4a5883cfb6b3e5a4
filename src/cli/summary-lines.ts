import type { DatasetCounts, RecallBands, RunSummary } from "../journey/analysis/summarise-run.ts";
import { count, counted } from "./counted.ts";

/** The totals of a run for the terminal, no line wider than 80 columns where names allow. */
export function summaryLines(summary: RunSummary): string[] {
  const { lineages, spending } = summary;
  if (summary.imported.length > 0) return importedLines(summary);
  if (isNothingDone(summary)) return nothingDoneLines(summary);
  const rows = summary.stages.map(({ stage, done, passed }) => [stage, String(done), String(passed), share(passed, done)]);
  const meanings = ["", ...summary.stages.map(({ means }) => `  ${means}`)];
  return [
    `Lineages: ${lineages.total} · ${lineages.kept} kept, ${lineages.rejected} rejected, ${lineages.failed} failed, ${lineages.unfinished} unfinished`,
    "",
    ...table([["stage", "done", "went on", "yield"], ...rows]).map((line, index) => `${line}${meanings[index] ?? ""}`),
    ...reasonLines(summary),
    "",
    `Recall: mean ${summary.meanRecall === null ? "unknown" : summary.meanRecall.toFixed(3)} of ${recallText(summary.recallBands)}`,
    `Model:  ${summary.teacher} · ${counted(spending.replies, "reply", "replies")} to ${counted(spending.calls, "request")}, ${counted(summary.steps, "step")} in ${counted(summary.rollouts, "rollout")}`,
    `Tokens: ${count(spending.usage.input)} input (${count(spending.usage.cached)} cached), ${count(spending.usage.output)} output`,
    `Cost:   ${costText(summary)}`,
    ...(summary.teacher === "scripted" ? ["", "The teacher was scripted: this data is for trying the machine, not for training."] : []),
  ];
}

/** A run of imported samples has nothing else: no lineage, no teacher of ours, no cost. */
function importedLines({ imported, recallBands, meanRecall }: RunSummary): string[] {
  const total = imported.reduce((sum, each) => sum + each.count, 0);
  const rows = imported.map(({ origin, kind, count: samples }) => [
    `  ${origin}`,
    kind === null ? "of no kind" : kind.toUpperCase(),
    count(samples),
  ]);
  const scored = recallBands.zero + recallBands.belowHalf + recallBands.fromHalf + recallBands.one + recallBands.undefined;
  return [
    `Imported: ${counted(total, "sample")} of other programs' rollouts`,
    ...table(rows),
    ...(scored === 0 ? [] : ["", `Recall: mean ${meanRecall === null ? "unknown" : meanRecall.toFixed(3)} of ${recallText(recallBands)}`]),
  ];
}

/** A run that was stopped before the teacher's first reply has no figures to tell. */
export function isNothingDone({ lineages, spending }: RunSummary): boolean {
  return spending.replies === 0 && lineages.unfinished === lineages.total;
}

function nothingDoneLines(summary: RunSummary): string[] {
  const { lineages, spending } = summary;
  const followed = lineages.total === 0 ? "no function was drawn" : `none of ${counted(lineages.total, "lineage")} was followed`;
  const { calls } = spending;
  const asked = calls === 0 ? "the teacher was not asked" : `the teacher gave no reply to ${counted(calls, "request")}`;
  const doubtful = spending.possiblyPaid + spending.unknownCostCalls > 0;
  return [`Nothing is done yet: ${followed}, ${asked}.`, ...(doubtful ? [`Cost: ${costText(summary)}`] : [])];
}

/** How many lineages have which recall, in words. */
function recallText(bands: RecallBands): string {
  const scored = bands.zero + bands.belowHalf + bands.fromHalf + bands.one;
  const known = `${scored} compared: ${bands.zero} at 0, ${bands.belowHalf} below 0.5, ${bands.fromHalf} from 0.5, ${bands.one} at 1`;
  return bands.undefined === 0 ? known : `${known}; ${bands.undefined} without lines to compare`;
}

/** What a dataset holds, in words: how many samples of first (T1) and second rollouts (T2), and what the latter had to have. */
export function datasetText(dataset: DatasetCounts | null): string {
  if (dataset === null) return "none yet";
  const { t1, t2, kind, threshold } = dataset;
  const second = `${t2} T2 ${threshold === 0 ? "of any recall" : `with recall of ${threshold} or more`}`;
  const parts = [...(kind === "t2" ? [] : [`${t1} T1`]), ...(kind === "t1" ? [] : [second])];
  return `${counted(t1 + t2, "sample")} (${parts.join(", ")})`;
}

/** Samples with safety flags, by the gravest, as a line of its own; nothing where there are none or nobody looked. */
export function flaggedLines(dataset: DatasetCounts | null): string[] {
  const flags = Object.entries(dataset?.flags ?? {});
  if (dataset === null || flags.length === 0) return [];
  const total = flags.reduce((sum, [, times]) => sum + times, 0);
  const named = flags.map(([reason, times]) => `${times} × ${reason}`).join(", ");
  return [`Flagged: ${counted(total, "sample")} ${dataset.flagged === "drop" ? "left out" : "kept"} (${named})`];
}

/** What a run cost, and what of it is not known. */
export function costText({ spending }: RunSummary): string {
  const known =
    spending.costUsd === null ? "unknown (no price for this model: set prices under teachers)" : `$${spending.costUsd.toFixed(4)}`;
  const doubts = [
    ...(spending.unknownCostCalls > 0 ? [`${counted(spending.unknownCostCalls, "broken call")} of unknown cost`] : []),
    ...(spending.possiblyPaid > 0 ? [`${counted(spending.possiblyPaid, "request")} in flight at a kill, possibly paid`] : []),
  ];
  return doubts.length === 0 ? known : `${known}, and ${doubts.join(", ")}`;
}

function reasonLines({ reasons, callFailures }: RunSummary): string[] {
  const failures = Object.entries(callFailures).map(([code, times]) => `  ${times} × model call: ${code}`);
  const named = reasons.map(({ reason, count: times }) => `  ${times} × ${reason}`);
  return named.length + failures.length === 0 ? [] : ["", "Reasons:", ...named, ...failures];
}

export function share(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

/** Columns padded to their widest cell: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  "),
  );
}
