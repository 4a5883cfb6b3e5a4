import type { Terminal } from "./command.ts";
import type { Generated } from "./run-generate.ts";
import { shownPath } from "./run-folder.ts";
import { summaryLines } from "./summary-lines.ts";

/** Prints how a run ended, for a person or as one JSON object, and sets the exit status. */
export function tellGenerated(generated: Generated, json: boolean, terminal: Terminal): void {
  const { runDir, summary, dataset, durationSeconds, status, stopped } = generated;
  if (stopped !== null && stopped.code !== "cancelled") terminal.say(`Stopped: ${stopped.message}`);
  if (json) {
    const { lineages, rollouts, steps, spending } = summary;
    const { usage: tokens, costUsd, possiblyPaid, unknownCostCalls } = spending;
    const { samples, files } = dataset;
    const result = { runDir, lineages, rollouts, steps, tokens, costUsd, possiblyPaid, unknownCostCalls, durationSeconds, samples, files };
    terminal.print(JSON.stringify(result));
  } else {
    for (const line of summaryLines(summary)) terminal.print(line);
    terminal.print("");
    terminal.print(`Dataset: ${dataset.samples} samples in ${shownPath(`${runDir}/dataset`)}`);
    terminal.print(`Report:  ${shownPath(`${runDir}/report.html`)}`);
  }
  if (status !== 0 && summary.lineages.unfinished > 0) terminal.say(`To go on: apprentice generate --run ${shownPath(runDir)}`);
  terminal.exit(status);
}
