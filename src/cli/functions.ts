import type { FunctionSite } from "../records/function-site.ts";
import { drawSites } from "../journey/functions/draw-sites.ts";
import { findRepositorySites, type RepositorySites } from "../journey/repository-sites.ts";
import { resolveCommit } from "../repository/history.ts";
import { openRepository } from "../repository/open-repository.ts";
import { commandFailed, usageError, type CommandModule, type Terminal } from "./command.ts";
import { number } from "./run-flags.ts";
import { table } from "./summary-lines.ts";

interface FunctionsFlags {
  readonly commit: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly all?: boolean;
  readonly sample?: number;
  readonly seed: number;
  readonly json?: boolean;
}

const collect = (value: string, before: string[] = []): string[] => [...before, value];

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("functions")
    .description("Lists the functions of a repository's commit; tests, vendored, generated and minified files are left out and counted.")
    .argument("<repo>", "local git repository")
    .option("--commit <rev>", "branch, tag or commit", "HEAD")
    .option("--include <glob>", "only files that match; may repeat", collect)
    .option("--exclude <glob>", "leave out files that match; may repeat", collect)
    .option("--all", "leave nothing out by default rules")
    .option("--sample <n>", "the first N of the seeded draw, as `generate` takes them", number)
    .option("--seed <n>", "seed of the draw", number, 0)
    .option("--json", "one JSON object a line")
    .action(async (path: string, flags: FunctionsFlags) => {
      if (flags.sample !== undefined && !(Number.isInteger(flags.sample) && flags.sample > 0))
        throw usageError("--sample takes a whole number above 0.");
      const found = await find(path, flags);
      const sites = flags.sample === undefined ? found.sites : drawSites(found.sites, flags.seed).slice(0, flags.sample);
      if (flags.json === true) printJson(sites, terminal);
      else printTable(sites, terminal);
      tellCounts(found, terminal);
      if (sites.length === 0) throw commandFailed("No functions were found: see the counts above, and --all, --include and --exclude.");
    });
};

async function find(path: string, flags: FunctionsFlags): Promise<RepositorySites> {
  const signal = new AbortController().signal;
  const repository = await openRepository(path, signal);
  if (!repository.ok) throw usageError(repository.error.message);
  const commit = await resolveCommit(repository.value, flags.commit, signal);
  if (!commit.ok) throw usageError(commit.error.message);
  const { include = [], exclude = [], all = false } = flags;
  const found = await findRepositorySites(
    { repository: repository.value, commit: commit.value, options: { include, exclude, all } },
    signal,
  );
  if (!found.ok) throw commandFailed(found.error.message);
  return found.value;
}

/** Many lines a write: one write a line would take longer than finding the functions. */
const linesPerWrite = 500;

function printJson(sites: readonly FunctionSite[], terminal: Terminal): void {
  for (let start = 0; start < sites.length; start += linesPerWrite) {
    terminal.print(
      sites
        .slice(start, start + linesPerWrite)
        .map((site) => JSON.stringify(site))
        .join("\n"),
    );
  }
}

function printTable(sites: readonly FunctionSite[], terminal: Terminal): void {
  for (let start = 0; start < sites.length; start += linesPerWrite) {
    const lines = sites
      .slice(start, start + linesPerWrite)
      .map(({ path, startLine, endLine, qualifiedName }) => `${path}:${startLine}-${endLine}  ${qualifiedName}`);
    terminal.print(lines.join("\n"));
  }
}

function tellCounts(found: RepositorySites, terminal: Terminal): void {
  const languages = Object.entries(found.languages).map(([language, functions]) => `${functions} ${language}`);
  terminal.say(`${found.sites.length} functions in ${found.files} files${languages.length === 0 ? "" : ` (${languages.join(", ")})`}`);
  const rows = [
    ...Object.entries(found.skipped).map(([reason, files]) => [reason, `${files} files`]),
    ...Object.entries(found.skippedFunctions).map(([reason, functions]) => [reason, `${functions} functions`]),
    ...(found.unparsable > 0 ? [["syntax errors (what parsed is listed)", `${found.unparsable} files`]] : []),
    ...(found.unreadableNames > 0 ? [["names that are not UTF-8", `${found.unreadableNames} files`]] : []),
  ];
  if (rows.length > 0) terminal.say(["left out:", ...table(rows).map((line) => `  ${line}`)].join("\n"));
}
