import type { CommandModule, Terminal } from "./command.ts";
import { keepRunningWithoutReader } from "./terminal.ts";
import { addRunFlags, type RunFlags } from "./run-flags.ts";
import { resolveConfig } from "./resolve-config.ts";
import { runGenerate, type Generated } from "./run-generate.ts";
import { shownPath } from "./run-folder.ts";
import { summaryLines } from "./summary-lines.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  addRunFlags(program.command("generate").description("Runs the journey from repositories to training data, or goes on with a run."))
    .addHelpText("after", "\nExit status: 0 done, 1 failed or nothing kept, 2 usage, 3 budget spent, 130 Ctrl-C, 143 SIGTERM.")
    .action(async (flags: RunFlags) => {
      keepRunningWithoutReader();
      const config = await resolveConfig(flags);
      const generated = await runGenerate({ config, run: flags.run ?? null, retryFailed: flags.retryFailed ?? false }, terminal);
      tellGenerated(generated, flags.json ?? false, terminal);
    });
};

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
