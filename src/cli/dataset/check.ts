import { checkDataset, type CheckedDataset } from "../../journey/check/check-dataset.ts";
import { openTokenizer, type Tokenizer } from "../../tokens/tokenizer.ts";
import { usageError, type CommandModule, type Terminal } from "../command.ts";
import { datasetCaches } from "../compose.ts";
import { count, counted } from "../counted.ts";
import { wholeNumber } from "../flag-number.ts";
import { shownPath } from "../run-folder.ts";
import { watchSignals } from "./watch-signals.ts";

interface CheckFlags {
  readonly tokenizer?: string;
  readonly context?: number;
  readonly json?: boolean;
}

/** Lines of one kind of problem that a person is shown. */
const mostLines = 3;

const explanation = `
Reads JSONL or Parquet of every format that \`dataset export\` writes, and names
what a trainer would trip over, by line: JSON that does not parse, texts that are
not UTF-8, roles out of order, tags that are not closed, calls that are not of the
row's tools, rows without loss, tokens that part messages inside a text, duplicate
rows, a file that is not the one its manifest names.

--json prints {ok, file, format, rows, tokens: {rows, total, longest, over}, counts:
{kind: count}, problems: [{kind, line, detail}]}: of each kind at most 50 problems.
The status is 1 where there is any.`;

export const register: CommandModule["register"] = (dataset, terminal) => {
  dataset
    .command("check")
    .description("Says what a trainer would trip over in a data file of any format.")
    .argument("<file>", "JSONL or Parquet")
    .option("--tokenizer <dir>", "the student's, to count and to check ids: qwen3, or a folder with tokenizer.json and template")
    .option("--context <n>", "rows must stay below that many tokens (needs --tokenizer, or rendered rows)", wholeNumber(1))
    .option("--json", "print the result as one JSON object")
    .addHelpText("after", explanation)
    .action(async (path: string, flags: CheckFlags) => await check(path, flags, terminal));
};

async function check(path: string, flags: CheckFlags, terminal: Terminal): Promise<void> {
  using signals = watchSignals(terminal);
  const tokenizer = flags.tokenizer === undefined ? null : await openStudents(flags.tokenizer);
  await using _ = tokenizer;
  try {
    const checked = await checkDataset({ path, tokenizer, context: flags.context ?? null, signal: signals.signal });
    if (flags.json === true) terminal.print(JSON.stringify({ ...checked, file: shownPath(path) }));
    else tell(path, checked, terminal);
    if (!checked.ok) terminal.exit(1);
  } catch (error) {
    if (signals.signal.aborted && error === signals.signal.reason) return;
    throw error;
  }
}

async function openStudents(place: string): Promise<Tokenizer> {
  const opened = await openTokenizer(place, { cacheFolder: datasetCaches.counts });
  if (!opened.ok) throw usageError(opened.error.message);
  return opened.value;
}

function tell(path: string, { ok, format, rows, tokens, problems, counts }: CheckedDataset, terminal: Terminal): void {
  const about = [format ?? "of no known format", counted(rows, "row")];
  if (tokens !== null) about.push(`${counted(tokens.total, "token")}, ${count(tokens.longest)} in the longest row`);
  terminal.print(`${shownPath(path)}: ${about.join(", ")}${ok ? ": ok" : ""}`);
  const over = Object.entries(tokens?.over ?? {}).filter(([, many]) => many > 0);
  for (const [context, many] of over) terminal.print(`  ${counted(many, "row does", "rows do")} not fit ${count(Number(context))} tokens`);
  for (const [kind, many] of Object.entries(counts)) {
    terminal.print(`${count(many)} × ${kind}`);
    const shown = problems.filter((problem) => problem.kind === kind).slice(0, mostLines);
    for (const { line, detail } of shown) terminal.print(`  ${line === 0 ? "" : `line ${line}: `}${detail}`);
    if (many > shown.length) terminal.print(`  … and ${count(many - shown.length)} more`, "dim");
  }
}
