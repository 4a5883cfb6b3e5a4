import { resolve } from "node:path";
import { writeDataset, type DatasetFormat } from "../../journey/dataset/write-dataset.ts";
import type { HermesReasoning } from "../../formats/hermes.ts";
import { StorageError } from "../../ledger/storage-error.ts";
import { commandFailed, usageError, type CommandModule, type Terminal } from "../command.ts";
import { counted } from "../counted.ts";
import { openRunToRead } from "../open-run-to-read.ts";
import { fraction } from "../flag-number.ts";
import { shownPath } from "../run-folder.ts";

interface ExportFlags {
  readonly format: readonly string[] | undefined;
  readonly kind: string;
  readonly threshold: number;
  readonly reasoning: string;
  readonly flagged: string;
  readonly out: string;
  readonly json?: boolean;
}

const formats: readonly DatasetFormat[] = ["canonical", "hermes", "messages"];
const kinds = ["t1", "t2", "both"] as const;
const treatments = ["drop", "keep"] as const;
const reasonings: readonly HermesReasoning[] = ["keep_only_think", "keep", "wrap", "none"];

export const register: CommandModule["register"] = (dataset, terminal) => {
  dataset
    .command("export")
    .description("Writes the samples of a run as JSONL.")
    .argument("<run>", "run folder")
    .option("--format <name>", "hermes, messages or canonical; may repeat (default: hermes)", (name: string, before: string[] = []) => [
      ...before,
      name,
    ])
    .option("--kind <kind>", "t1, t2 or both", "both")
    .option("--threshold <r>", "least recall of a T2 sample; 0 takes all", fraction, 0.5)
    .option("--reasoning <how>", "of hermes rows: keep_only_think, keep, wrap or none", "keep_only_think")
    .option("--flagged <how>", "samples with safety flags: drop leaves them out, keep takes them", "drop")
    .requiredOption("--out <dir>", "folder for the files")
    .option("--json", "print the result as one JSON object")
    .action(async (dir: string, flags: ExportFlags) => exportDataset(dir, flags, terminal));
};

async function exportDataset(dir: string, flags: ExportFlags, terminal: Terminal): Promise<void> {
  if (!(flags.threshold >= 0 && flags.threshold <= 1)) throw usageError("--threshold takes a number from 0 to 1.");
  const kind = oneOf("--kind", flags.kind, kinds);
  const reasoning = oneOf("--reasoning", flags.reasoning, reasonings);
  const chosen = [...new Set((flags.format ?? ["hermes"]).map((name) => oneOf("--format", name, formats)))];
  await using run = await openRunToRead(dir);
  const flagged = oneOf("--flagged", flags.flagged, treatments);
  const { threshold } = flags;
  const written = await writeDataset({
    source: run,
    selection: { kind, threshold, flagged },
    formats: chosen,
    reasoning,
    folder: resolve(flags.out),
  }).catch((error: unknown) => {
    if (error instanceof StorageError) throw commandFailed(error.message);
    throw error;
  });
  if (flags.json === true)
    terminal.print(JSON.stringify({ samples: written.samples, tokens: null, files: written.files, dropped: written.dropped }));
  else for (const file of written.files) terminal.print(`${counted(file.rows, "row")}  ${shownPath(file.path)}`);
  if (flags.json !== true) for (const [reason, count] of Object.entries(written.dropped)) terminal.say(`left out: ${count} × ${reason}`);
}

function oneOf<Name extends string>(flag: string, value: string, names: readonly Name[]): Name {
  const name = names.find((known) => known === value);
  if (name === undefined) throw usageError(`${flag} takes ${names.slice(0, -1).join(", ")} or ${names.at(-1)}, not "${value}".`);
  return name;
}
