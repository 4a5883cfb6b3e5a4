import { join, resolve } from "node:path";
import { overlapReport } from "../../hold-out/overlap-report.ts";
import { holdsRun } from "../../ledger/run-folder.ts";
import { DropCounter } from "../../journey/dataset/collect-samples.ts";
import { containers, datasetFormats, type Container, type DatasetFormat } from "../../journey/dataset/dataset-format.ts";
import { runOrigins } from "../../journey/dataset/run-origins.ts";
import { RecipeError, selectSamples } from "../../journey/dataset/select-samples.ts";
import { writeDataset, type WrittenDataset } from "../../journey/dataset/write-dataset.ts";
import { StorageError } from "../../ledger/storage-error.ts";
import { commandFailed, usageError, type CommandModule, type Terminal } from "../command.ts";
import { toolVersion } from "../tool-version.ts";
import { openSelection, type OpenSelection } from "./open-selection.ts";
import { addSelectionFlags, type SelectionFlags } from "./selection-flags.ts";
import { tellExported } from "./tell-exported.ts";
import { watchSignals } from "./watch-signals.ts";

interface ExportFlags extends SelectionFlags {
  readonly format?: readonly string[];
  readonly container: string;
  readonly out: string;
  readonly json?: boolean;
}

export const register: CommandModule["register"] = (dataset, terminal) => {
  const command = dataset
    .command("export")
    .description("Writes the samples that a recipe takes from runs, with a card and a manifest.")
    .argument("<run...>", "run folders");
  addSelectionFlags(command)
    .optionsGroup("Output:")
    .option("--format <name>", `${datasetFormats.join(", ")}; may repeat (default: hermes)`, (name: string, before: string[] = []) => [
      ...before,
      name,
    ])
    .option("--container <name>", "jsonl or parquet", "jsonl")
    .requiredOption("--out <dir>", "folder for the files")
    .option("--json", "print the result as one JSON object")
    .action(async (dirs: readonly string[], flags: ExportFlags) => await exportDataset(dirs, flags, terminal));
};

async function exportDataset(dirs: readonly string[], flags: ExportFlags, terminal: Terminal): Promise<void> {
  const formats = [...new Set((flags.format ?? ["hermes"]).map((name) => oneOf("--format", name, datasetFormats)))];
  const container = oneOf("--container", flags.container, containers);
  if (formats.includes("rendered") && flags.tokenizer === "none")
    throw usageError("--format rendered needs the student's tokenizer: leave out --tokenizer none.");
  if (holdsRun(flags.out)) throw usageError(`${flags.out} is a run's own folder: name another one, such as ${join(flags.out, "export")}.`);
  await using selection = await openSelection(dirs, flags);
  using signals = watchSignals(terminal);
  const dropped = new DropCounter();
  const written = await write(selection, { formats, container, folder: resolve(flags.out), dropped, signal: signals.signal });
  if (written === null) return terminal.say(`Stopped: nothing was written to ${flags.out}.`);
  const reports = await selection.writeReport();
  tellExported({ written, dropped, reports }, flags.json === true, terminal);
}

interface Output {
  readonly formats: readonly DatasetFormat[];
  readonly container: Container;
  readonly folder: string;
  readonly dropped: DropCounter;
  readonly signal: AbortSignal;
}

/** Null: a signal ended it, and the status is set. */
async function write({ runs, order }: OpenSelection, output: Output): Promise<WrittenDataset | null> {
  const { recipe, tokenizer, benchmark } = order;
  const { kind, threshold, flagged, reasoning } = recipe;
  const ledgers = runs.map(({ ledger }) => ledger);
  const origin = { tool: toolVersion(), runs: await runOrigins(ledgers), selection: { kind, threshold, flagged }, recipe };
  // The report is asked for when all samples have passed.
  const decontamination = (): unknown => (benchmark == null ? null : overlapReport(benchmark));
  try {
    const samples = selectSamples(order, output.dropped);
    return await writeDataset({ ...output, samples, reasoning, tokenizer, origin, decontamination });
  } catch (error) {
    if (output.signal.aborted && error === output.signal.reason) return null;
    if (error instanceof StorageError) throw commandFailed(error.message);
    if (error instanceof RecipeError) throw usageError(error.message);
    throw error;
  }
}

function oneOf<Name extends string>(flag: string, value: string, names: readonly Name[]): Name {
  const name = names.find((known) => known === value);
  if (name === undefined) throw usageError(`${flag} takes ${names.slice(0, -1).join(", ")} or ${names.at(-1)}, not "${value}".`);
  return name;
}
