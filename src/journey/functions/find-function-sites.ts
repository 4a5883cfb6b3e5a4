import type { FunctionSite } from "../../records/function-site.ts";
import { pathExclusion, type PathReason } from "./exclusion-rules.ts";
import { MAX_SOURCE_BYTES, type ContentReason, type FileFunctions, type FunctionReason, type SourceFile } from "./extract-file.ts";
import { extractFunctions } from "./extract-functions.ts";
import { globFilter } from "./glob-filter.ts";
import { holdsSeveralLanguages, languageOf } from "./language-table.ts";

/** A stage: the committed files of a snapshot in, its function sites out, with a count and a reason for all that is left out. */

export interface ListedFile {
  /** Relative, with "/". */
  readonly path: string;
  /** Bytes, where the listing knows. */
  readonly size?: number | null;
}

/** The files of one commit; `read` is called once, with the paths that are worth reading, and may give them in any order. */
export interface FileSource {
  readonly files: Iterable<ListedFile>;
  read(paths: readonly string[]): AsyncIterable<SourceFile>;
}

export interface FindOptions {
  /** Only files below it, "/" at neither end; "" is everywhere. */
  readonly folder?: string;
  /** Patterns of `globFilter`; an empty list takes every path. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Nothing left out by default rules: tests, vendored, generated, minified, stubs. */
  readonly all?: boolean;
  readonly signal?: AbortSignal;
  readonly threads?: number;
}

const functionReasons = ["stub", "test", "computed-name", "declaration"] as const;

export type FileReason = "unknown-language" | "several-languages" | "not-included" | "excluded" | PathReason | ContentReason;

/**
 * One thing that was left out. `functions`: how many of the file's functions, null for the whole file. Of a file with
 * "syntax-errors" what still parsed is among the sites, and how much is missing is not known.
 */
export interface LeftOut {
  readonly path: string;
  readonly reason: FileReason | FunctionReason | "syntax-errors";
  readonly functions: number | null;
}

export interface FoundSites {
  /** By path (code units), then by place in the file. */
  readonly sites: readonly FunctionSite[];
  /** Files whose functions were looked at. */
  readonly files: number;
  /** Of those, files with syntax errors: what still parsed is among the sites. */
  readonly unparsable: number;
  /** Files of the listing left out, by reason. */
  readonly skipped: Readonly<Partial<Record<FileReason, number>>>;
  /** Functions of the files looked at that are no sites, by reason. */
  readonly skippedFunctions: Readonly<Partial<Record<FunctionReason, number>>>;
  /** What the counts count, by path, then by reason. */
  readonly leftOut: readonly LeftOut[];
  /** Sites by language. */
  readonly languages: Readonly<Record<string, number>>;
}

/** Finds the function sites of a repository. Throws only what `read` throws and the signal's reason. */
export async function findFunctionSites(source: FileSource, options: FindOptions = {}): Promise<FoundSites> {
  const all = options.all ?? false;
  const reasonAgainst = pathRules(options);
  const skipped: { readonly path: string; readonly reason: FileReason }[] = [];
  const wanted: string[] = [];
  for (const file of source.files) {
    const reason = reasonAgainst(file);
    if (reason === undefined) wanted.push(file.path);
    else skipped.push({ path: file.path, reason });
  }
  const found: FileFunctions[] = [];
  if (wanted.length > 0) {
    for await (const file of extractFunctions(source.read(wanted), { ...options, all })) {
      if (file.skipped === null) found.push(file);
      else skipped.push({ path: file.path, reason: file.skipped });
    }
  }
  const reasons = new Tally<FileReason>();
  for (const { reason } of skipped) reasons.add(reason);
  const leftOut = [...skipped.map((file) => ({ ...file, functions: null })), ...found.flatMap(leftOutOf)];
  leftOut.sort((a, b) => order(a.path, b.path) || order(a.reason, b.reason));
  return { ...summary(found), skipped: reasons.counts(), leftOut };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function leftOutOf({ path, leftOut, syntaxErrors }: FileFunctions): LeftOut[] {
  const functions = functionReasons.map((reason) => ({ path, reason, functions: leftOut[reason] ?? 0 }));
  const broken: LeftOut[] = syntaxErrors ? [{ path, reason: "syntax-errors", functions: null }] : [];
  return [...functions.filter((entry) => entry.functions > 0), ...broken];
}

function pathRules({ folder = "", include = [], exclude = [], all = false }: FindOptions): (file: ListedFile) => FileReason | undefined {
  const isIncluded = globFilter(include);
  const isExcluded = globFilter(exclude);
  return ({ path, size }) => {
    const language = languageOf(path);
    if (language === undefined) return holdsSeveralLanguages(path) ? "several-languages" : "unknown-language";
    if (folder !== "" && !path.startsWith(`${folder}/`)) return "not-included";
    if (include.length > 0 && !isIncluded(path)) return "not-included";
    if (isExcluded(path)) return "excluded";
    const excluded = all ? undefined : pathExclusion(path, language);
    return excluded ?? ((size ?? 0) > MAX_SOURCE_BYTES ? "too-large" : undefined);
  };
}

function summary(found: FileFunctions[]): Omit<FoundSites, "skipped" | "leftOut"> {
  found.sort((a, b) => order(a.path, b.path));
  const sites = found.flatMap((file) => file.sites);
  const languages = new Tally<string>();
  for (const site of sites) languages.add(site.language);
  const skippedFunctions = new Tally<FunctionReason>();
  for (const file of found) {
    for (const reason of functionReasons) skippedFunctions.add(reason, file.leftOut[reason] ?? 0);
  }
  return {
    sites,
    files: found.length,
    unparsable: found.filter((file) => file.syntaxErrors).length,
    skippedFunctions: skippedFunctions.counts(),
    languages: languages.counts() as Record<string, number>,
  };
}

class Tally<Key extends string> {
  readonly #counts = new Map<Key, number>();

  add(key: Key, count = 1): void {
    if (count > 0) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  /** Keys in order, so that the same counts print the same. */
  counts(): Partial<Record<Key, number>> {
    const sorted = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted) as Partial<Record<Key, number>>;
  }
}
