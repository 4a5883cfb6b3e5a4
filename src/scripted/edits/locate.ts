import { shellWord } from "../shell-word.ts";
import { nameSegments } from "../subject.ts";
import type { Subject } from "../subject.ts";
import { editLanguage } from "./source-language.ts";
import type { EditLanguage } from "./source-language.ts";
import { indentOf, readMatches } from "./source-lines.ts";
import type { SourceLine } from "./source-lines.ts";

/** Lists the lines that may define the function or what it is nested in, then counts the lines of the file. */
export function outlineCommand({ name, path }: Subject): string {
  const last = nameSegments(name).at(-1) ?? name;
  const word = `(^|[^A-Za-z0-9_$])${last.replace(/[$]/g, "\\$&")}([^A-Za-z0-9_$]|$)`;
  const patterns: Readonly<Partial<Record<EditLanguage, string>>> = {
    python: "^[[:space:]]*(async +)?(def|class) ",
    script: `(^|[^A-Za-z0-9_$])(class|interface|namespace|function) |${word}`,
    go: `^(func|type) |${word}`,
  };
  const holders = "(^|[^A-Za-z0-9_$])(class|struct|impl|trait|interface|object|module|namespace|extension|enum|record|protocol|actor) ";
  const file = shellWord(path);
  return `grep -nE -e ${shellWord(patterns[editLanguage(path)] ?? `${holders}|${word}`)} -- ${file}; grep -c '' -- ${file}`;
}

/** What the outline command printed. `lineCount` 0: there is no such file, or it is empty. */
export function readOutline(observation: string): { readonly lines: readonly SourceLine[]; readonly lineCount: number } {
  const count = /^(\d+)\s*$/m.exec(observation);
  return { lines: readMatches(observation), lineCount: Number(count?.[1] ?? 0) };
}

/** The line on which the subject's definition begins; null when no line looks like it. */
export function locateDefinition(lines: readonly SourceLine[], { name, path }: Subject): number | null {
  const segments = nameSegments(name);
  const last = segments.at(-1);
  if (last === undefined) return null;
  const code = lines.filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line.text));
  const patterns = definitionPatterns(editLanguage(path), escaped(last));
  const found = patterns.map((pattern) => code.filter((line) => pattern.test(line.text))).find((tier) => tier.length > 0) ?? [];
  const parent = segments.at(-2);
  const inParent =
    parent === undefined ? found.filter(({ text }) => indentOf(text) === "") : found.filter((line) => isInside(line, parent, lines));
  return (inParent[0] ?? found[0])?.number ?? null;
}

/** Surer patterns first. */
function definitionPatterns(language: string, name: string): RegExp[] {
  const modifiers = "(?:export |default |public |private |protected |static |readonly |override |abstract |async |get |set |declare )*";
  switch (language) {
    case "python":
      return [new RegExp(`^\\s*(?:async\\s+)?def\\s+${name}\\s*[([]`)];
    case "go":
      return [new RegExp(`^func\\s*(?:\\([^)]*\\)\\s*)?${name}\\s*[([]`), new RegExp(`\\b${name}\\b.*[:=].*\\bfunc\\s*\\(`)];
    case "script":
      return [
        new RegExp(
          [
            `\\bfunction\\s*\\*?\\s*${name}\\s*[(<](?:$|.*[^;]$)`,
            `^\\s*${modifiers}(?:const|let|var)\\s+${name}\\b.*=(?!\\s*(?:undefined|null)\\b)`,
            `^\\s*${modifiers}\\*?\\s*${name}\\??\\s*(?:<.*)?\\((?!.*\\);?$)(?:.*[({,[<])?$`,
            `^\\s*${modifiers}\\*?\\s*${name}\\??\\s*\\(.*\\).*\\{.*\\}\\s*[,;]?$`,
            `^\\s*(?:this\\.)?${modifiers}${name}\\s*[:=].*(?:=>|function\\b|\\(\\s*$)`,
          ].join("|"),
        ),
        new RegExp(`(?<![\\w$])${name}\\s*[:=]`),
      ];
    default:
      return [
        new RegExp(`\\b(?:fn|func|fun|def|sub|function)\\s+(?:[^(=]*[.:\\s])?${name}(?![\\w$])`),
        new RegExp(
          `^\\s*(?!(?:return|if|else|throw|new|await|case)\\b)(?:[\\w:<>,*&?.@\\[\\]]+\\s+)*[*&]*(?:[\\w<>]+(?:::|\\.))*~?${name}[?!]?\\s*(?:<[^()]*>\\s*)?\\([^;]*$`,
        ),
        new RegExp(`(?<![\\w$])${name}(?![\\w$])`),
      ];
  }
}

/** Whether the nearest outer line above names the parent, or a Go receiver on the line itself does. */
function isInside(line: SourceLine, parent: string, lines: readonly SourceLine[]): boolean {
  const names = new RegExp(`(?<![\\w$])${escaped(parent)}(?![\\w$])`);
  const receiver = /^func\s*\(([^)]*)\)/.exec(line.text);
  if (receiver !== null) return names.test(receiver[1] ?? "");
  const depth = indentOf(line.text).length;
  const outer = lines.findLast((other) => other.number < line.number && indentOf(other.text).length < depth);
  return outer !== undefined && names.test(outer.text);
}

function escaped(text: string): string {
  return text.replace(/[$#]/g, "\\$&");
}
