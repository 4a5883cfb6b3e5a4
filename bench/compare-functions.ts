import { execFileSync } from "node:child_process";
import { readFileSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { extractFile } from "../src/journey/functions/extract-file.ts";
import { languageOf } from "../src/journey/functions/language-table.ts";
import type { FunctionSite } from "../src/records/function-site.ts";
import { print } from "./print.ts";

// node bench/compare-functions.ts CHECKOUT LANGUAGE: our functions beside those of Universal Ctags (Debian: universal-ctags).
// What only one of the two has is listed by place; docs/languages.md says what the differences are.

/** Names and kinds of functions in ctags; it has no Swift and no Scala, and takes Kotlin's declarations and locals for functions too. */
const ctags: Readonly<Record<string, readonly [language: string, kinds: string]>> = {
  python: ["Python", "fm"],
  go: ["Go", "f"],
  rust: ["Rust", "fP"],
  java: ["Java", "m"],
  c: ["C", "f"],
  cpp: ["C++", "f"],
  csharp: ["C#", "m"],
  ruby: ["Ruby", "fS"],
  php: ["PHP", "f"],
  kotlin: ["Kotlin", "m"],
  lua: ["Lua", "f"],
  bash: ["Sh", "f"],
};

interface Tag {
  readonly path: string;
  readonly name: string;
  readonly line: number;
}

const [checkout = ".", language = "rust"] = process.argv.slice(2);
const [ctagsLanguage, kinds] = ctags[language] ?? [];
if (ctagsLanguage === undefined || kinds === undefined) throw new Error(`one of ${Object.keys(ctags).join(", ")}, not ${language}`);

const sites = await ownSites();
const tags = ctagsTags([...new Set(sites.map(({ path }) => path))], ctagsLanguage, kinds);
const left = new Map(Map.groupBy(sites, ({ path }) => path));
const onlyCtags = tags.filter((tag) => !taken(tag));
const onlyOurs = [...left.values()].flat();
print(`${language}: ours ${sites.length}, ctags ${tags.length}, both ${tags.length - onlyCtags.length}`);
for (const { path, line, name } of onlyCtags) print(`only ctags  ${path}:${line}  ${name}`);
for (const { path, startLine, qualifiedName } of onlyOurs) print(`only ours   ${path}:${startLine}  ${qualifiedName}`);

async function ownSites(): Promise<FunctionSite[]> {
  const listed = execFileSync("git", ["-C", checkout, "ls-files", "-z"], { encoding: "utf8", maxBuffer: 2 ** 30 });
  const found: FunctionSite[] = [];
  for (const path of listed.split("\0").filter((name) => name !== "" && languageOf(name) !== undefined)) {
    if (!(lstatSync(join(checkout, path), { throwIfNoEntry: false })?.isFile() ?? false)) continue;
    const file = await extractFile({ path, bytes: readFileSync(join(checkout, path)) }, true);
    found.push(...file.sites.filter((site) => site.language === language));
  }
  return found;
}

function ctagsTags(paths: readonly string[], name: string, letters: string): Tag[] {
  const options = [`--language-force=${name}`, `--kinds-${name}=${letters}`, "--fields=+n", "--output-format=json", "-f", "-", "-L", "-"];
  const output = execFileSync("ctags", options, { cwd: checkout, input: paths.join("\n"), encoding: "utf8", maxBuffer: 2 ** 30 });
  const lines = output.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Tag).filter((tag) => !/__anon|^<lambda>$/.test(tag.name));
}

/** Takes the site that a tag means from those that are left: of its name (ctags has the macro's, where a macro names it), around its line, the nearest start. */
function taken({ path, line, name }: Tag): boolean {
  const rest = left.get(path) ?? [];
  const isMacro = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9_]+)?$/.test(name);
  const candidates = rest.filter(
    (site) =>
      site.startLine <= line && line <= site.endLine && (lastName(site.name) === lastName(name) || (isMacro && site.startLine === line)),
  );
  const site = candidates.toSorted((a, b) => b.startLine - a.startLine || a.endLine - b.endLine)[0];
  if (site !== undefined) rest.splice(rest.indexOf(site), 1);
  return site !== undefined;
}

function lastName(name: string): string {
  return (
    name
      .replaceAll(/[\s`]/g, "")
      .split(/::|[.:]/)
      .at(-1)
      ?.replace(/^~/, "") ?? name
  );
}
