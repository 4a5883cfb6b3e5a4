import { resolve } from "node:path";
import { stringify } from "yaml";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { importSources, type ImportSource } from "../../formats/read-foreign.ts";
import { importFiles, type ImportTotals } from "../../journey/import/import-files.ts";
import { ToolsetTextsFinder } from "../../journey/import/toolset-texts-of.ts";
import { atStorage, StorageError } from "../../ledger/storage-error.ts";
import { commandFailed, usageError, type CommandModule, type Terminal } from "../command.ts";
import { counted } from "../counted.ts";
import { newRunFolderNamed, shownPath } from "../run-folder.ts";
import { typedCommand } from "../typed-command.ts";
import { openImportRun } from "./import-folder.ts";
import { importPaths } from "./import-paths.ts";
import { tellCounts } from "./tell-dropped.ts";
import { watchSignals } from "./watch-signals.ts";

interface ImportFlags {
  readonly from: string;
  readonly run?: string;
  readonly toolsetTexts?: string;
  readonly json?: boolean;
}

const explanation = `
--from sera: the authors' published rows, as JSONL or Parquet. swe-agent: .traj.
mini-swe-agent: .traj.json. openhands: a list of events, or an evaluation's
output.jsonl. A folder stands for all such files in it.

The run folder takes more files of any program; a sample that it has already
changes nothing. \`dataset select | export | stats | sweep\`, \`show\` and \`verify\`
then work on it. What a file does not tell (teacher, licence, the function) is
null. Refused rows are counted by reason, and told with file and line.

--toolset-texts writes the words that the rows' agent was given (system prompt,
frame of the first message, descriptions of tools) as a file for
\`rollout.toolsetTexts\` of a config; without --run nothing else is kept.

--json prints {imported, known, dropped: {reason: count}, notes: {what: count},
refused: [{file, line, reason, detail}], runDir, toolsetTexts}.`;

export const register: CommandModule["register"] = (dataset, terminal) => {
  dataset
    .command("import")
    .description("Takes rollouts of other programs into a run, to be selected and exported like our own.")
    .argument("<file...>", "files or folders")
    .requiredOption("--from <program>", importSources.join(", "))
    .option("--run <dir>", "run folder, new or of an earlier import (default: a new one under runs/)")
    .option("--toolset-texts <file>", "write the words of the rows' agent as a file of toolsetTexts")
    .option("--json", "print the result as one JSON object")
    .addHelpText("after", explanation)
    .action(async (named: readonly string[], flags: ImportFlags) => await importDataset(named, flags, terminal));
};

interface Imported extends ImportTotals {
  readonly runDir: string | null;
  readonly toolsetTexts: { readonly path: string; readonly toolset: string; readonly agree: number; readonly rows: number } | null;
}

async function importDataset(named: readonly string[], flags: ImportFlags, terminal: Terminal): Promise<void> {
  const from = sourceOf(flags.from);
  const files = await importPaths(named, from);
  const dir = flags.run ?? (flags.toolsetTexts === undefined ? newRunFolderNamed(from) : null);
  using signals = watchSignals(terminal);
  try {
    const imported = await take({ files, from, dir, textsPath: flags.toolsetTexts ?? null, signal: signals.signal });
    if (flags.json === true) terminal.print(JSON.stringify(imported));
    else tell(imported, terminal);
    if (imported.imported + imported.known === 0) terminal.exit(1);
  } catch (error) {
    if (signals.signal.aborted && error === signals.signal.reason) return;
    if (error instanceof StorageError) throw commandFailed(error.message);
    throw error;
  }
}

function sourceOf(name: string): ImportSource {
  const source = importSources.find((known) => known === name);
  if (source === undefined)
    throw usageError(`--from takes ${importSources.slice(0, -1).join(", ")} or ${importSources.at(-1)}, not "${name}".`);
  return source;
}

interface Taking {
  readonly files: readonly string[];
  readonly from: ImportSource;
  readonly dir: string | null;
  readonly textsPath: string | null;
  readonly signal: AbortSignal;
}

async function take({ files, from, dir, textsPath, signal }: Taking): Promise<Imported> {
  await using run = dir === null ? null : await openImportRun(dir);
  const finder = new ToolsetTextsFinder();
  const totals = await importFiles({
    files,
    from,
    into: run,
    signal,
    ...(textsPath !== null && { onConversation: (conversation) => finder.add(conversation) }),
  });
  return { ...totals, runDir: run?.dir ?? null, toolsetTexts: textsPath === null ? null : await writeTexts(textsPath, finder) };
}

async function writeTexts(path: string, finder: ToolsetTextsFinder): Promise<Imported["toolsetTexts"]> {
  const { best } = finder;
  if (best === null)
    throw commandFailed("No row tells the words of a toolset: one needs tools of sera or mini, and its problem within the first message.");
  const { toolset, texts, agree, rows } = best;
  const head = `# For a config:\n# rollout:\n#   toolset: ${toolset}\n#   toolsetTexts: ${JSON.stringify(resolve(path))}\n`;
  await atStorage(`the file ${path}`, async () => await writeFileAtomic(path, head + stringify(texts, { lineWidth: 0 })));
  return { path, toolset, agree, rows };
}

function tell({ imported, known, dropped, notes, refused, runDir, toolsetTexts }: Imported, terminal: Terminal): void {
  const place = runDir === null ? "" : ` into ${shownPath(runDir)}`;
  terminal.print(`${counted(imported, "sample")} imported${place}${known === 0 ? "" : `; ${known} more were there already`}`);
  if (toolsetTexts !== null) {
    const { path, toolset, agree, rows } = toolsetTexts;
    terminal.print(`Words of the toolset ${toolset}, as ${agree} of ${counted(rows, "row")} have them: ${shownPath(path)}`);
  }
  tellCounts("left out:", dropped, terminal);
  tellCounts("noted, and not left out for it:", notes, terminal);
  for (const { file, line, reason, detail } of refused) terminal.say(`${file}${line === 0 ? "" : `:${line}`}: ${reason}: ${detail}`);
  if (runDir !== null && imported + known > 0) terminal.say(`Next: ${typedCommand(["dataset", "stats", shownPath(runDir)])}`);
}
