import { summariseRun } from "../journey/analysis/summarise-run.ts";
import { commandFailed, type CommandModule } from "./command.ts";
import { openRunToRead } from "./open-run-to-read.ts";
import { shownPath } from "./run-folder.ts";
import { writeReport } from "./write-report.ts";
import { StorageError } from "../ledger/storage-error.ts";
import { datasetText, flaggedLines, summaryLines } from "./summary-lines.ts";

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("report")
    .description("Prints yield, reasons, tokens and cost of a run and writes them as one self-contained page.")
    .argument("<run>", "run folder")
    .option("--out <file>", "the page (default: report.html in the run folder)")
    .option("--json", "print the totals as one JSON object")
    .action(async (dir: string, flags: { readonly out?: string; readonly json?: boolean }) => {
      await using run = await openRunToRead(dir);
      const summary = await summariseRun(run);
      const out = await writeReport(run, summary, flags.out).catch((error: unknown) => {
        if (error instanceof StorageError || !isSystemError(error)) throw error;
        throw commandFailed(`${flags.out ?? run.dir} cannot be written (${error.message}): name another --out.`);
      });
      if (flags.json === true) terminal.print(JSON.stringify(summary));
      else {
        for (const line of summaryLines(summary)) terminal.print(line);
        terminal.print(`Dataset: ${datasetText(summary.dataset)}`);
        for (const line of flaggedLines(summary.dataset)) terminal.print(line);
      }
      terminal.say(`Page: ${shownPath(out)}`);
    });
};
