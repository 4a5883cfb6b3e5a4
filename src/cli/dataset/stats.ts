import { DropCounter } from "../../journey/dataset/collect-samples.ts";
import { chosenSamples } from "../../journey/dataset/select-samples.ts";
import { totalsOf } from "../../journey/dataset/selection-totals.ts";
import { summariseSamples, type SampleStatistics, type Spread } from "../../journey/dataset/summarise-samples.ts";
import type { CommandModule, Terminal } from "../command.ts";
import { count, counted } from "../counted.ts";
import { shortened } from "../show/page.ts";
import { share, table } from "../summary-lines.ts";
import { openSelection } from "./open-selection.ts";
import { asUsage } from "./select.ts";
import { addSelectionFlags, type SelectionFlags } from "./selection-flags.ts";
import { tellDropped } from "./tell-dropped.ts";

interface StatsFlags extends SelectionFlags {
  readonly json?: boolean;
}

export const register: CommandModule["register"] = (dataset, terminal) => {
  const command = dataset
    .command("stats")
    .description("How the samples that a recipe takes are distributed: kinds, repositories, steps, tokens, patches, recall.")
    .argument("<run...>", "run folders");
  addSelectionFlags(command)
    .optionsGroup("Output:")
    .option("--json", "print the result as one JSON object")
    .action(async (dirs: readonly string[], flags: StatsFlags) => await stats(dirs, flags, terminal));
};

async function stats(dirs: readonly string[], flags: StatsFlags, terminal: Terminal): Promise<void> {
  await using selection = await openSelection(dirs, flags);
  const dropped = new DropCounter();
  const { chosen } = await chosenSamples(selection.order, dropped).catch(asUsage);
  const totals = totalsOf(chosen);
  const statistics = summariseSamples(chosen);
  await selection.writeReport();
  if (flags.json === true) {
    const { counts, notes, flagged } = dropped;
    terminal.print(JSON.stringify({ ...totals, files: [], dropped: counts, notes, flagged, ...statistics }));
    return;
  }
  terminal.print(`${counted(totals.samples, "sample")}${totals.tokens === null ? "" : `, ${counted(totals.tokens, "token")}`}`);
  for (const line of statisticsLines(statistics, totals.samples)) terminal.print(line);
  tellDropped(dropped, terminal);
}

/** Rows of a table by name beyond these are one row. */
const mostNames = 12;
const longestName = 40;

function statisticsLines(statistics: SampleStatistics, samples: number): string[] {
  const { byKind, byRepository, byLanguage, steps, tokens, editedLines, recall, truncated } = statistics;
  if (samples === 0) return [];
  const spreads = (
    [
      ["steps", steps],
      ["tokens", tokens],
      ["edited lines", editedLines],
    ] as const
  ).flatMap(([name, one]) => (one === null ? [] : [spreadRow(name, one)]));
  return [
    ...tallyLines("kind", byKind, samples),
    ...tallyLines("repository", byRepository, samples),
    ...tallyLines("language", byLanguage, samples),
    ...tallyLines("recall", recall, samples),
    "",
    ...table([["", "min", "10 %", "half", "90 %", "max", "mean"], ...spreads]),
    ...(truncated === 0 ? [] : ["", `Cut to the context: ${counted(truncated, "sample")} (${share(truncated, samples)})`]),
  ];
}

function spreadRow(name: string, { min, p10, p50, p90, max, mean }: Spread): string[] {
  return [name, ...[min, p10, p50, p90, max, Math.round(mean * 10) / 10].map(count)];
}

function tallyLines(title: string, counts: Readonly<Record<string, number>>, samples: number): string[] {
  const rows = Object.entries(counts);
  const shown = rows.slice(0, mostNames);
  const others = rows.slice(mostNames).reduce((sum, [, times]) => sum + times, 0);
  const all = others === 0 ? shown : [...shown, [`${rows.length - mostNames} others`, others] as const];
  return [
    "",
    ...table([
      [title, "samples", "share"],
      ...all.map(([name, times]) => [shortened(name, longestName), count(times), share(times, samples)]),
    ]),
  ];
}
