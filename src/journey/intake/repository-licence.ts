import { posix } from "node:path";
import { readBlobs } from "../../repository/read-blobs.ts";
import type { Repository } from "../../repository/open-repository.ts";
import { runGit } from "../../repository/run-git.ts";
import { licenceOfName, licenceOfText } from "./licence-of-text.ts";

/** What is looked at in the top folder: texts of licences, then manifests that name one. */
const licenceNames = /^(?:un)?licen[cs]es?(?:[.-].*)?$|^copying(?:[.-].*)?$/i;
const manifestNames = ["package.json", "pyproject.toml", "Cargo.toml", "composer.json", "setup.cfg"];
const mostBytes = 1 << 20;

/**
 * SPDX id of the licence of a commit, by a table of well-known texts and names; null: none is there, several are and nothing says how they
 * go together, or it is not in the table. No advice: it is what the files say.
 */
export async function repositoryLicence(repository: Repository, commit: string, signal: AbortSignal): Promise<string | null> {
  const files = await topFiles(repository, commit, signal);
  const named = files.filter(({ name }) => manifestNames.includes(name));
  const texts = files.filter(({ name }) => licenceNames.test(name) && !named.some((file) => file.name === name));
  const contents = new Map<string, string>();
  const blobs = [...texts, ...named].map(({ blob }) => blob);
  for await (const { blob, bytes } of readBlobs(repository, blobs, signal)) contents.set(blob, bytes?.toString("utf8") ?? "");
  const byText = new Set(texts.map(({ blob }) => licenceOfText(contents.get(blob) ?? "")).filter((id) => id !== null));
  const said = named
    .toSorted((a, b) => manifestNames.indexOf(a.name) - manifestNames.indexOf(b.name))
    .map(({ name, blob }) => licenceOfManifest(name, contents.get(blob) ?? ""))
    .find((id) => id !== null);
  return together([...byText].toSorted(), said ?? null);
}

/** Texts say more than a manifest's word, which may be a template's; but a text of the GPL leaves open what the word says. */
function together(byText: readonly string[], said: string | null): string | null {
  const [only] = byText;
  if (only === undefined) return said;
  if (byText.length === 1) return said?.startsWith(`${only}-`) === true ? said : only;
  const isSaid = said !== null && said.split(/ (?:OR|AND) /).every((id) => byText.includes(id));
  if (isSaid) return said;
  return byText.join() === "Apache-2.0,MIT" ? "Apache-2.0 OR MIT" : null;
}

interface TopFile {
  readonly name: string;
  readonly blob: string;
}

async function topFiles(repository: Repository, commit: string, signal: AbortSignal): Promise<TopFile[]> {
  const args = ["ls-tree", "-z", "--long", "--full-tree", "--end-of-options", commit];
  const exit = await runGit({ gitDir: repository.gitDir, args }, signal);
  if (exit.exitCode !== 0) return [];
  const entries = exit.stdout.toString("utf8").split("\0").slice(0, -1);
  return entries.flatMap((entry) => {
    // <mode> <type> <object> <size>\t<path>
    const [mode = "", , blob = "", size = ""] = entry.slice(0, entry.indexOf("\t")).split(/ +/);
    const name = posix.basename(entry.slice(entry.indexOf("\t") + 1));
    return mode.startsWith("100") && Number(size) <= mostBytes ? [{ name, blob }] : [];
  });
}

function licenceOfManifest(name: string, text: string): string | null {
  const said = name.endsWith(".json") ? ofJson(text) : ofSettings(text);
  return said === null ? null : licenceOfName(said);
}

function ofJson(text: string): string | null {
  try {
    const { license }: { license?: unknown } = JSON.parse(text);
    if (typeof license === "string") return license;
    return typeof license === "object" && license !== null && "type" in license && typeof license.type === "string" ? license.type : null;
  } catch {
    return null;
  }
}

/** `license = "MIT"`, `license = { text = "MIT" }`, `license = MIT`, or Python's classifier. */
function ofSettings(text: string): string | null {
  const line = /^license(?:-expression)?\s*=\s*(?:\{[^}\n]*\btext\s*=\s*)?["']?([^"'\n{}]+?)["']?\s*\}?\s*$/m.exec(text)?.[1];
  return line ?? /License :: OSI Approved :: ([^"'\n]+)/.exec(text)?.[1] ?? null;
}
