import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "oxc-parser";
import { expect, it } from "vitest";

const src = join(import.meta.dirname, "..", "src");

/** What a file must import to write one, from Node and from us. */
const writing: Readonly<Record<string, RegExp>> = {
  "node:fs": /^(?:writeFile|appendFile|createWriteStream|open|cp|copyFile|symlink|link|write)(?:Sync)?$/,
  "node:fs/promises": /^(?:writeFile|appendFile|open|cp|copyFile|symlink|link)$/,
  "node:sqlite": /^DatabaseSync$/,
  "atomic-file.ts": /^writeFileAtomic$/,
};

/** Rooms that write only where no text of a run stays: a sandbox, a cache of code, a temporary folder, the scripted teacher's own log. */
const passing = /^(?:sandbox|repository|scripted)\//;

/**
 * Every other source file that writes, and why no secret is in what it writes. `test/e2e/canary.test.ts` tries them all: a file that is
 * missing here is a writer that nobody has tried, so try it there before it is added.
 */
const writers: Readonly<Record<string, string>> = {
  "base/atomic-file.ts": "writes what its callers give it: they are all here",
  "cli/demo-repository.ts": "copies the shipped repository, before any key is read",
  "cli/dataset/import.ts": "a file of toolsetTexts: words of the rows that were read, and of no run of ours",
  "cli/dataset/open-selection.ts": "reports of overlaps: ids, counts and hashes",
  "cli/dataset/select.ts": "selection.json: ids and counts",
  "cli/init.ts": "apprentice.yaml: names of variables, never their values; what looks like a key is refused (test/e2e/init.test.ts)",
  "cli/run-folder.ts": "config.yaml: scrubbed before it becomes YAML",
  "cli/generate/run-log.ts": "log.jsonl: each line is scrubbed",
  "cli/terminal.ts": "each line is scrubbed once the secrets are known",
  "cli/write-report.ts": "report.html: from the stores, which scrub what they take",
  "formats/read-rows.ts": "opens files to read them",
  "journey/dataset/facts-cache.ts": "hashes and numbers",
  "journey/dataset/new-file.ts": "rows from the stores, which scrub what they take",
  "journey/dataset/write-dataset.ts": "the card and the manifest: counts and names from those rows",
  "ledger/local/journal-segment.ts": "reads lines, and makes those that the journal has scrubbed",
  "ledger/local/ledger-file.ts": "opens the file of the ledger, which scrubs each record",
  "ledger/local/local-artifacts.ts": "scrubs text; patches that hold a secret are refused before, bundles hold committed code",
  "ledger/local/local-journal.ts": "scrubs each entry",
  "ledger/run-folder.ts": "database.json: the run's id and the name of a variable (test/e2e/fleet.test.ts)",
  "ledger/run-lock.ts": "a process id",
  "ledger/postgres/postgres-artifacts.ts": "copies a stored artifact to a file; scrubs text before it is stored",
  "ledger/local/segment-writer.ts": "writes lines that the journal has scrubbed",
  "tokens/count-cache.ts": "hashes and numbers",
};

function writesFiles(path: string): boolean {
  const text = readFileSync(join(src, path), "utf8");
  // Streams of the process are reached without an import.
  if (/\bprocess\.(?:stdout|stderr)\.write\b|\bconsole\.\w+\(/.test(text)) return true;
  return parseSync(path, text).module.staticImports.some(({ moduleRequest, entries }) => {
    const names = Object.entries(writing).find(
      ([module]) => moduleRequest.value === module || moduleRequest.value.endsWith(`/${module}`),
    )?.[1];
    return (
      names !== undefined && entries.some(({ isType, importName }) => !isType && (importName.name === null || names.test(importName.name)))
    );
  });
}

it("every source file that writes is known, with what keeps secrets out of what it writes", () => {
  const paths = globSync("**/*.ts", { cwd: src }).filter((path) => !/\.(?:test|conformance)\.ts$|conformance\.ts$/.test(path));
  const found = paths.filter((path) => !passing.test(path) && writesFiles(path)).toSorted();
  expect(found).toContain("cli/generate/run-log.ts");
  expect(found.filter((path) => !(path in writers))).toEqual([]);
  expect(Object.keys(writers).filter((path) => !found.includes(path))).toEqual([]);
});
