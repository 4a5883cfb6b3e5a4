import { resolve } from "node:path";
import { hermesReasonings, type HermesReasoning } from "../../formats/hermes.ts";
import { collectSamples, DropCounter, type SampleSource, type Selection } from "../../journey/dataset/collect-samples.ts";
import { containers, datasetFormats, type DatasetFormat } from "../../journey/dataset/dataset-format.ts";
import { runOrigins } from "../../journey/dataset/run-origins.ts";
import { wholeSamples } from "../../journey/dataset/whole-samples.ts";
import { writeDataset } from "../../journey/dataset/write-dataset.ts";
import { StorageError } from "../../ledger/storage-error.ts";
import type { Sample } from "../../records/sample.ts";
import { openTokenizer, type Tokenizer } from "../../tokens/tokenizer.ts";
import { commandFailed, usageError, type CommandModule, type Terminal } from "../command.ts";
import { fraction } from "../flag-number.ts";
import { openRunToRead } from "../open-run-to-read.ts";
import { toolVersion } from "../tool-version.ts";
import { tellExported } from "./tell-exported.ts";
import { watchSignals } from "./watch-signals.ts";

interface ExportFlags {
  readonly format: readonly string[] | undefined;
  readonly container: string;
  readonly kind: string;
  readonly threshold: number;
  readonly reasoning: string;
  readonly flagged: string;
  readonly tokenizer?: string;
  readonly out: string;
  readonly json?: boolean;
}

const kinds = ["t1", "t2", "both"] as const;
const treatments = ["drop", "keep"] as const;

export const register: CommandModule["register"] = (dataset, terminal) => {
  dataset
    .command("export")
    .description("Writes the samples of runs as JSONL or Parquet.")
    .argument("<run...>", "run folders")
    .option("--format <name>", `${datasetFormats.join(", ")}; may repeat (default: hermes)`, (name: string, before: string[] = []) => [
      ...before,
      name,
    ])
    .option("--container <name>", "jsonl or parquet", "jsonl")
    .option("--kind <kind>", "t1, t2 or both", "both")
    .option("--threshold <r>", "least recall of a T2 sample; 0 takes all", fraction, 0.5)
    .option("--reasoning <how>", "of hermes rows: keep_only_think, keep, wrap or none", "keep_only_think")
    .option("--flagged <how>", "samples with safety flags: drop leaves them out, keep takes them", "drop")
    .option("--tokenizer <dir>", "the student's tokenizer and template: a folder, or qwen3 (the default where tokens are needed)")
    .requiredOption("--out <dir>", "folder for the files")
    .option("--json", "print the result as one JSON object")
    .action(async (dirs: readonly string[], flags: ExportFlags) => exportDataset(dirs, flags, terminal));
};

async function exportDataset(dirs: readonly string[], flags: ExportFlags, terminal: Terminal): Promise<void> {
  const selection: Selection = {
    kind: oneOf("--kind", flags.kind, kinds),
    threshold: flags.threshold,
    flagged: oneOf("--flagged", flags.flagged, treatments),
  };
  const reasoning: HermesReasoning = oneOf("--reasoning", flags.reasoning, hermesReasonings);
  const formats = [...new Set((flags.format ?? ["hermes"]).map((name) => oneOf("--format", name, datasetFormats)))];
  const container = oneOf("--container", flags.container, containers);
  await using opened = new AsyncDisposableStack();
  const runs = [];
  for (const dir of dirs) runs.push(opened.use(await openRunToRead(dir)));
  const tokenizer = await tokenizerFor(formats, flags.tokenizer, opened);
  using signals = watchSignals(terminal);
  const dropped = new DropCounter();
  const written = await writeDataset({
    samples: wholeSamples(samplesOfAll(runs, selection, dropped)),
    dropped,
    formats,
    container,
    reasoning,
    tokenizer,
    origin: {
      tool: toolVersion(),
      runs: await runOrigins(runs.map(({ ledger }) => ledger)),
      selection,
      recipe: null,
      decontamination: null,
    },
    folder: resolve(flags.out),
    signal: signals.signal,
  }).catch(refused(signals.signal));
  if (written === null) return;
  tellExported(written, flags.json === true, terminal);
}

/** What ended an export early, as the command's end; null: a signal did, and the status is set. */
function refused(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (signal.aborted && error === signal.reason) return null;
    if (error instanceof StorageError) throw commandFailed(error.message);
    throw error;
  };
}

async function* samplesOfAll(sources: readonly SampleSource[], selection: Selection, dropped: DropCounter): AsyncGenerator<Sample> {
  for (const source of sources) yield* collectSamples(source, selection, dropped);
}

async function tokenizerFor(
  formats: readonly DatasetFormat[],
  named: string | undefined,
  opened: AsyncDisposableStack,
): Promise<Tokenizer | null> {
  if (named === undefined && !formats.includes("rendered")) return null;
  const tokenizer = await openTokenizer(named ?? "qwen3", {});
  if (!tokenizer.ok) throw usageError(tokenizer.error.message);
  return opened.use(tokenizer.value);
}

function oneOf<Name extends string>(flag: string, value: string, names: readonly Name[]): Name {
  const name = names.find((known) => known === value);
  if (name === undefined) throw usageError(`${flag} takes ${names.slice(0, -1).join(", ")} or ${names.at(-1)}, not "${value}".`);
  return name;
}
