import { InvalidArgumentError } from "commander";
import { DropCounter } from "../../journey/dataset/collect-samples.ts";
import { RecipeError } from "../../journey/dataset/select-samples.ts";
import { sweepSamples, type SweepRow } from "../../journey/dataset/sweep-samples.ts";
import { usageError, type CommandModule, type Terminal } from "../command.ts";
import { count } from "../counted.ts";
import { fraction, wholeNumber } from "../flag-number.ts";
import { table } from "../summary-lines.ts";
import { openSelection } from "./open-selection.ts";
import { addSelectionFlags, type SelectionFlags } from "./selection-flags.ts";

interface SweepFlags extends SelectionFlags {
  readonly thresholds: readonly number[];
  readonly contexts: readonly number[];
  readonly json?: boolean;
}

export const register: CommandModule["register"] = (dataset, terminal) => {
  const command = dataset
    .command("sweep")
    .description("One row for each threshold and context: what is kept, its tokens, how much is cut off, and dollars a kept sample.")
    .argument("<run...>", "run folders")
    .option("--thresholds <list>", "least recalls of T2 samples", listOf(fraction), [0, 0.25, 0.5, 0.75, 1])
    .option("--contexts <list>", "tokens a sample may have", listOf(wholeNumber(1)), [32_768, 65_536]);
  addSelectionFlags(command)
    .optionsGroup("Output:")
    .option("--json", "one JSON object a row")
    .action(async (dirs: readonly string[], flags: SweepFlags) => await sweep(dirs, flags, terminal));
};

/** Most values a list may have: beyond it somebody means something else. */
const mostValues = 100;

/** Values with commas between, each once, in the order given. */
function listOf(one: (text: string) => number): (text: string) => number[] {
  return (text) => {
    const values = [...new Set(text.split(",").map((part) => one(part.trim())))];
    if (values.length > mostValues) throw new InvalidArgumentError(`Write at most ${mostValues} values.`);
    return values;
  };
}

async function sweep(dirs: readonly string[], flags: SweepFlags, terminal: Terminal): Promise<void> {
  if (flags.threshold !== undefined) throw usageError("A sweep goes over thresholds: write --thresholds, not --threshold.");
  if (flags.context !== undefined) throw usageError("A sweep goes over contexts: write --contexts, not --context.");
  await using selection = await openSelection(dirs, flags, flags.contexts);
  const dropped = new DropCounter();
  const rows: SweepRow[] = [];
  try {
    for await (const row of sweepSamples(selection.order, flags, dropped)) {
      if (flags.json === true) terminal.print(JSON.stringify(row));
      else rows.push(row);
    }
  } catch (error) {
    if (error instanceof RecipeError) throw usageError(error.message);
    throw error;
  }
  const reports = await selection.writeReport();
  if (flags.json === true) return;
  const heads = ["threshold", "context", "kept", "tokens", "mean ratio", "dollars a sample"];
  for (const line of table([heads, ...rows.map(cells)])) terminal.print(line);
  for (const path of reports) terminal.print(path);
}

function cells({ threshold, context, kept, tokens, meanTruncationRatio, costUsdPerSample }: SweepRow): string[] {
  const ratio = meanTruncationRatio === null ? "–" : meanTruncationRatio.toFixed(3);
  const dollars = costUsdPerSample === null ? (kept === 0 ? "–" : "unknown") : costUsdPerSample.toFixed(4);
  return [String(threshold), count(context), count(kept), count(tokens), ratio, dollars];
}
