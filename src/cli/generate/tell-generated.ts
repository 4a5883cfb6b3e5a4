import type { Terminal } from "../command.ts";
import type { Generated } from "./run-generate.ts";
import { shownPath } from "../run-folder.ts";
import { datasetText, flaggedLines, isNothingDone, summaryLines } from "../summary-lines.ts";
import { typedCommand } from "../typed-command.ts";

/** Prints how a run ended, for a person or as one JSON object, and sets the exit status. */
export function tellGenerated(generated: Generated, json: boolean, terminal: Terminal): void {
  const { runDir, summary, dataset, durationSeconds, status, stopped } = generated;
  if (stopped !== null && stopped.code !== "cancelled") terminal.say(`Stopped: ${stopped.message}`);
  if (json) {
    const { lineages, rollouts, steps, spending } = summary;
    const { usage: tokens, costUsd, possiblyPaid, unknownCostCalls } = spending;
    const { samples, files, dropped } = dataset;
    const result = {
      runDir,
      lineages,
      rollouts,
      steps,
      tokens,
      costUsd,
      possiblyPaid,
      unknownCostCalls,
      durationSeconds,
      samples,
      files,
      dropped,
    };
    terminal.print(JSON.stringify(result));
  } else {
    for (const line of summaryLines(summary)) terminal.print(line);
    if (!isNothingDone(summary)) {
      terminal.print("");
      terminal.print(`Dataset: ${datasetText(summary.dataset)} in ${shownPath(`${runDir}/dataset`)}`);
      for (const line of flaggedLines(summary.dataset)) terminal.print(line);
      terminal.print(`Report:  ${shownPath(`${runDir}/report.html`)}`);
    }
  }
  const { total, unfinished } = summary.lineages;
  if (status !== 0 && (unfinished > 0 || total === 0)) terminal.say(`To go on: ${goOn(generated)}`);
  terminal.exit(status);
}

/** A run goes on with the settings it has last been given, so fewer lineages than it holds, and a budget that is spent, must be taken back. */
function goOn({ runDir, summary, wanted, stopped, budgetUsd }: Generated): string {
  const { total } = summary.lineages;
  const more = total > wanted ? ["--lineages", String(total)] : [];
  const spent = stopped?.code === "budget-spent" ? Math.max(budgetUsd ?? 0, summary.spending.costUsd ?? 0) : null;
  const dollars = spent === null ? [] : ["--budget-usd", String(spent === 0 ? 1 : Number((2 * spent).toPrecision(3)))];
  return typedCommand(["generate", "--run", shownPath(runDir), ...more, ...dollars]);
}
