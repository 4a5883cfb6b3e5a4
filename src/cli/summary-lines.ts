import type { RunSummary } from "../journey/analysis/summarise-run.ts";

/** The totals of a run for the terminal, no line wider than 80 columns where names allow. */
export function summaryLines(summary: RunSummary): string[] {
  const { lineages, spending } = summary;
  const rows = summary.stages.map(({ stage, done, passed }) => [stage, String(done), String(passed), share(passed, done)]);
  return [
    `Lineages: ${lineages.total} · ${lineages.kept} kept, ${lineages.rejected} rejected, ${lineages.failed} failed, ${lineages.unfinished} unfinished`,
    "",
    ...table([["stage", "done", "passed", "yield"], ...rows]),
    ...reasonLines(summary),
    "",
    `Recall: mean ${summary.meanRecall === null ? "unknown" : summary.meanRecall.toFixed(3)} over ${summary.recallTenths.reduce((a, b) => a + b, 0)} scored lineages`,
    `Model:  ${summary.teacher} · ${spending.replies} replies to ${spending.calls} requests, ${summary.steps} steps in ${summary.rollouts} rollouts`,
    `Tokens: ${count(spending.usage.input)} input (${count(spending.usage.cached)} cached), ${count(spending.usage.output)} output`,
    `Cost:   ${costText(summary)}`,
    ...(summary.teacher === "scripted" ? ["", "The teacher was scripted: this data is for trying the machine, not for training."] : []),
  ];
}

/** What a run cost, and what of it is not known. */
export function costText({ spending }: RunSummary): string {
  const known =
    spending.costUsd === null ? "unknown (no price for this model: set prices under teachers)" : `$${spending.costUsd.toFixed(4)}`;
  const doubts = [
    ...(spending.unknownCostCalls > 0 ? [`${spending.unknownCostCalls} broken calls of unknown cost`] : []),
    ...(spending.possiblyPaid > 0 ? [`${spending.possiblyPaid} requests in flight at a kill, possibly paid`] : []),
  ];
  return doubts.length === 0 ? known : `${known}, and ${doubts.join(", ")}`;
}

function reasonLines({ reasons, callFailures }: RunSummary): string[] {
  const failures = Object.entries(callFailures).map(([code, times]) => `  ${times} × model call: ${code}`);
  const named = reasons.map(({ reason, count: times }) => `  ${times} × ${reason}`);
  return named.length + failures.length === 0 ? [] : ["", "Reasons:", ...named, ...failures];
}

export function count(tokens: number | null): string {
  return tokens === null ? "unknown" : tokens.toLocaleString("en-US");
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
