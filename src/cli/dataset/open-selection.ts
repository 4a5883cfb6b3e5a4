import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { Decontamination } from "../../hold-out/benchmark.ts";
import { overlapMarkdown, overlapReport } from "../../hold-out/overlap-report.ts";
import { readBenchmark } from "../../hold-out/read-benchmark.ts";
import type { SampleSource } from "../../journey/dataset/collect-samples.ts";
import { needsTokens, recipeProblem, type Recipe } from "../../journey/dataset/recipe.ts";
import type { SelectionOrder } from "../../journey/dataset/select-samples.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import { atStorage } from "../../ledger/storage-error.ts";
import { openTokenizer, type Tokenizer } from "../../tokens/tokenizer.ts";
import { usageError } from "../command.ts";
import { datasetCaches } from "../compose.ts";
import { openRunToRead } from "../open-run-to-read.ts";
import { openRedactor } from "./open-redactor.ts";
import { readRecipe } from "./read-recipe.ts";
import type { SelectionFlags } from "./selection-flags.ts";

/** All that a selection needs, open. Disposing closes runs and tokenizer. */
export interface OpenSelection extends AsyncDisposable {
  readonly runs: readonly RunStore[];
  readonly order: SelectionOrder;
  /** Writes what overlapped with the benchmark, where a report was asked for; after the selection. Absolute or relative paths, as given. */
  writeReport(): Promise<readonly string[]>;
}

/** Opens what a command line names. `contexts`: cuts that are asked for besides the recipe's. Throws a CommandEnd at a mistake. */
export async function openSelection(
  dirs: readonly string[],
  flags: SelectionFlags,
  contexts: readonly number[] = [],
): Promise<OpenSelection> {
  const recipe = await readRecipe(flags);
  const context = recipe.context ?? contexts[0] ?? null;
  const problem = recipeProblem({ ...recipe, context }, dirs.length);
  if (problem !== null) throw usageError(problem);
  if (flags.report !== undefined && flags.benchmark === undefined)
    throw usageError("--report is about a benchmark: name it with --benchmark FILE.");
  const needed = needsTokens({ ...recipe, context });
  if (flags.tokenizer === "none" && needed !== null) throw usageError(`${needed} needs counts of tokens: leave out --tokenizer none.`);
  const benchmark = flags.benchmark === undefined ? null : await openBenchmark(flags.benchmark, recipe);
  const opened = new AsyncDisposableStack();
  try {
    const runs: RunStore[] = [];
    for (const dir of dirs) runs.push(opened.use(await openRunToRead(dir)));
    const tokenizer = opened.use(await tokenizerOf(flags.tokenizer));
    const redactor = recipe.redact ? await openRedactor(runs) : null;
    const sources = await Promise.all(runs.map(sourceOf));
    return {
      runs,
      order: { sources, recipe, tokenizer, redactor, benchmark, factsFolder: datasetCaches.facts },
      writeReport: async () => await writeReport(flags.report, benchmark),
      [Symbol.asyncDispose]: async () => await opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function openBenchmark(path: string, recipe: Recipe): Promise<Decontamination> {
  const file = await readBenchmark(path);
  if (!file.ok) throw usageError(file.error);
  return new Decontamination(file.value, recipe.decontaminate);
}

async function tokenizerOf(place: string): Promise<Tokenizer | null> {
  if (place === "none") return null;
  const opened = await openTokenizer(place, { cacheFolder: datasetCaches.counts });
  if (!opened.ok) throw usageError(opened.error.message);
  return opened.value;
}

/** A run's stores, and what its settings say of the teacher's terms: they may change with every resume, so no record holds them. */
export async function sourceOf(run: RunStore): Promise<SampleSource> {
  const { ledger, artifacts } = run;
  const text = await readFile(join(run.dir, "config.yaml"), "utf8").catch(() => "");
  const said: unknown = parseDocument(text).getIn(["teachers", 0, "termsAllowTraining"]);
  return { ledger, artifacts, termsAllowTraining: typeof said === "boolean" ? said : null };
}

/** Markdown under the name that was given, JSON beside it. */
async function writeReport(path: string | undefined, benchmark: Decontamination | null): Promise<readonly string[]> {
  if (path === undefined || benchmark === null) return [];
  const report = overlapReport(benchmark);
  const json = `${path.replace(/\.(?:md|json)$/, "")}.json`;
  const markdown = `${path.replace(/\.(?:md|json)$/, "")}.md`;
  await atStorage(`the report ${path}`, async () => {
    await writeFileAtomic(json, `${JSON.stringify(report, null, 2)}\n`);
    await writeFileAtomic(markdown, overlapMarkdown(report));
  });
  return [markdown, json];
}
