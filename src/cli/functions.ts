import { contentId } from "../base/hash.ts";
import { plainText } from "../base/plain-text.ts";
import { ok, type Result } from "../base/result.ts";
import { drawSites } from "../journey/functions/draw-sites.ts";
import { languageNames } from "../journey/functions/language-table.ts";
import type { LeftOut } from "../journey/functions/find-function-sites.ts";
import { trainingCommits } from "../journey/intake/training-commits.ts";
import { findRepositorySites, type RepositorySites } from "../journey/repository-sites.ts";
import type { Failure } from "../records/failure.ts";
import type { FunctionSite } from "../records/function-site.ts";
import { resolveCommit } from "../repository/history.ts";
import type { Repository } from "../repository/open-repository.ts";
import { reachRepository } from "../repository/reach-repository.ts";
import { commandFailed, usageError, type CommandModule, type Terminal } from "./command.ts";
import { commandScratch } from "./compose.ts";
import { counted, heldOutText } from "./counted.ts";
import { numberOrNone, wholeNumber } from "./flag-number.ts";
import { table } from "./summary-lines.ts";

interface FunctionsFlags {
  readonly commit: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly all?: boolean;
  readonly leftOut?: boolean;
  readonly sample?: number;
  readonly seed: number;
  readonly holdOut?: number | "none";
  readonly json?: boolean;
}

const collect = (value: string, before: string[] = []): string[] => [...before, value];

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("functions")
    .description("Lists the functions of a repository's commit; tests, vendored, generated and minified files are left out and counted.")
    .argument("<repo>", "git repository or a folder in one, an address to fetch from, a tar or zip, a plain folder")
    .option("--commit <rev>", "branch, tag or commit", "HEAD")
    .option("--include <glob>", "only files that match; may repeat", collect)
    .option("--exclude <glob>", "leave out files that match; may repeat", collect)
    .option("--all", "leave nothing out by default rules")
    .option("--left-out", "list what is left out instead, with the reason")
    .option(
      "--sample <n>",
      "the N functions that `generate` would draw: at the commit before the hold-out cut, in its order",
      wholeNumber(1),
    )
    .option("--seed <n>", "seed of the draw", wholeNumber(0), 0)
    .option("--hold-out <n>", "with --sample: newest commits that training may not see, or none (default: as `generate`)", numberOrNone)
    .option("--json", "one JSON object a line")
    .action(async (path: string, flags: FunctionsFlags) => {
      checkFlags(flags);
      const found = await find(path, flags, terminal);
      if (flags.leftOut === true) {
        print(found.leftOut, flags.json === true ? asJson : leftOutLine, terminal);
        return tellCounts(found, terminal);
      }
      const sites = flags.sample === undefined ? found.sites : drawn(found.sites, flags.seed).slice(0, flags.sample);
      print(sites, flags.json === true ? asJson : siteLine, terminal);
      tellCounts(found, terminal);
      if (sites.length === 0) throw commandFailed(nothingFound(found));
    });
};

function nothingFound(found: RepositorySites): string {
  const reasons = Object.keys(found.skipped);
  const unread = reasons.length > 0 && reasons.every((reason) => reason === "unknown-language" || reason === "several-languages");
  return unread
    ? `No functions were found: none of the files is in a language that Apprentice reads (${languageNames.join(", ")}).`
    : "No functions were found: see the counts above, and --all, --include and --exclude.";
}

function checkFlags({ sample, leftOut, holdOut }: FunctionsFlags): void {
  if (sample !== undefined && leftOut === true)
    throw usageError("--sample lists functions and --left-out what is none: leave one of them out.");
  if (holdOut !== undefined && sample === undefined)
    throw usageError("--hold-out is for --sample: without it, name the commit with --commit.");
}

async function find(path: string, flags: FunctionsFlags, terminal: Terminal): Promise<RepositorySites> {
  const signal = new AbortController().signal;
  await using scratch = await commandScratch();
  const reached = await reachRepository(path, { scratch: scratch.path }, signal);
  if (!reached.ok) throw usageError(reached.error.message);
  const { repository } = reached.value;
  const commit = await (flags.sample === undefined
    ? resolveCommit(repository, flags.commit, signal)
    : trainingCommit(repository, flags, terminal));
  if (!commit.ok) throw usageError(commit.error.message);
  const { include = [], exclude = [], all = false } = flags;
  const found = await findRepositorySites(
    { repository, commit: commit.value, options: { folder: repository.within, include, exclude, all } },
    signal,
  );
  if (!found.ok) throw commandFailed(found.error.message);
  return found.value;
}

/** The commit that `generate` would take, told to the user. */
async function trainingCommit(repository: Repository, flags: FunctionsFlags, terminal: Terminal): Promise<Result<string, Failure>> {
  const { commit, holdOut = null } = flags;
  const found = await trainingCommits(repository, { commit, commits: 1, spanDays: 1, holdOut }, new AbortController().signal);
  if (!found.ok) return found;
  const { newestTraining, heldOut, totalCommits } = found.value.cut;
  terminal.say(`At ${newestTraining.slice(0, 12)}; ${heldOutText(heldOut, totalCommits)}.`);
  return ok(newestTraining);
}

/** Two functions of equal text on one line are one lineage of a run. */
function drawn(sites: readonly FunctionSite[], seed: number): FunctionSite[] {
  return [...new Map(drawSites(sites, seed).map((site) => [contentId(["site", site]), site])).values()];
}

/** Many lines a write: one write a line would take longer than finding the functions. */
const linesPerWrite = 500;

function print<Item>(items: readonly Item[], lineOf: (item: Item) => string, terminal: Terminal): void {
  for (let start = 0; start < items.length; start += linesPerWrite) {
    const lines = items.slice(start, start + linesPerWrite).map((item) => lineOf(item));
    terminal.print(lines.join("\n"));
  }
}

function asJson(item: LeftOut | FunctionSite): string {
  return JSON.stringify(item);
}

function siteLine({ path, startLine, endLine, qualifiedName }: FunctionSite): string {
  return oneLine(`${path}:${startLine}-${endLine}  ${qualifiedName}`);
}

function leftOutLine({ path, reason, functions }: LeftOut): string {
  const which = functions === null ? "" : ` (${counted(functions, "function")})`;
  return oneLine(`${path}  ${reason}${reason === "syntax-errors" ? " (what parsed is listed)" : which}`);
}

function oneLine(text: string): string {
  return plainText(text).replaceAll("\n", "\\n");
}

function tellCounts(found: RepositorySites, terminal: Terminal): void {
  const languages = Object.entries(found.languages).map(([language, functions]) => `${functions} ${language}`);
  terminal.say(
    `${counted(found.sites.length, "function")} in ${counted(found.files, "file")}${languages.length === 0 ? "" : ` (${languages.join(", ")})`}`,
  );
  const rows = [
    ...Object.entries(found.skipped).map(([reason, files]) => [reason, counted(files, "file")]),
    ...Object.entries(found.skippedFunctions).map(([reason, functions]) => [reason, counted(functions, "function")]),
    ...(found.unparsable > 0 ? [["syntax errors (what parsed is listed)", counted(found.unparsable, "file")]] : []),
    ...(found.unreadableNames > 0 ? [["names that are not UTF-8", counted(found.unreadableNames, "file")]] : []),
  ];
  if (rows.length > 0) terminal.say(["left out:", ...table(rows).map((line) => `  ${line}`)].join("\n"));
}
