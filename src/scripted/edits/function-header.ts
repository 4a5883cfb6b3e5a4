import { bracketBalance, codeOf } from "./source-language.ts";
import type { EditLanguage } from "./source-language.ts";
import { indentOf } from "./source-lines.ts";
import type { SourceLine } from "./source-lines.ts";

/** Where a function's body begins. Positions are indexes into the lines that were given. */
export interface FunctionHeader {
  /** Its first parameter list, texts emptied, without the brackets; empty for none. */
  readonly parameters: string;
  /** The first line of the body that statements may go before: after a docstring. */
  readonly bodyAt: number;
  readonly bodyIndent: string;
  /** One level of the file's own indentation. */
  readonly unit: string;
}

const longestHeader = 30;

/** Null for one-line functions, expression bodies, overload signatures, and whatever else is not plainly a block. */
export function readHeader(lines: readonly SourceLine[], at: number, language: EditLanguage): FunctionHeader | null {
  const end = headerEnd(lines, at, language);
  if (end === null) return null;
  const outerIndent = indentOf(lines[at]?.text ?? "");
  const first = lines.findIndex((line, index) => index > end && isBodyLine(line.text, language));
  if (first === -1) return null;
  const firstIndent = indentOf(lines[first]?.text ?? "");
  const deeper = firstIndent.startsWith(outerIndent) && firstIndent.length > outerIndent.length;
  if (!deeper && withoutBraces.has(language)) return null;
  const unit = deeper ? firstIndent.slice(outerIndent.length) : usualUnit(outerIndent, language);
  const code = lines.slice(at, end + 1).map((line) => codeOf(line.text, language));
  const chained = /^\s*(?:super|this)\s*\(/.test(lines[first]?.text ?? "");
  return {
    parameters: chained ? "" : parameterList(code.join("\n"), language),
    bodyAt: language === "python" ? (docstringEnd(lines, first) ?? end) + 1 : end + 1,
    bodyIndent: outerIndent + unit,
    unit,
  };
}

const withoutBraces: ReadonlySet<EditLanguage> = new Set(["python", "ruby", "lua"]);

function isBodyLine(text: string, language: EditLanguage): boolean {
  return text.trim() !== "" && !(language === "python" && text.trimStart().startsWith("#")) && !/^\s*end\b/.test(text);
}

function usualUnit(indent: string, language: EditLanguage): string {
  return language === "go" || indent.includes("\t") ? "\t" : "  ";
}

/** The index of the line that opens the body. */
function headerEnd(lines: readonly SourceLine[], at: number, language: EditLanguage): number | null {
  let round = 0;
  let curly = 0;
  let whole = "";
  for (let index = at; index < Math.min(lines.length, at + longestHeader); index++) {
    const code = codeOf(lines[index]?.text ?? "", language);
    round += bracketBalance(code, "([", ")]");
    curly += bracketBalance(code, "{", "}");
    whole += `${code}\n`;
    if (round > 0 || code.trim() === "") continue;
    if (withoutBraces.has(language) ? curly === 0 && endsHeader(code, whole, language) : curly === 1 && opensBody(code, language)) {
      return mayBeFunction(whole, language) ? index : null;
    }
    if (curly <= 0 && (withoutBraces.has(language) || !goesOn(code, lines[index + 1]?.text ?? ""))) return null;
  }
  return null;
}

function mayBeFunction(whole: string, language: EditLanguage): boolean {
  return language === "ruby" || /[(]|=>/.test(whole) || (language === "bash" && /^\s*function\s/.test(whole));
}

/** Of a header without braces: whether this line is its last, and the body begins below. */
function endsHeader(code: string, whole: string, language: EditLanguage): boolean {
  if (language === "python") return code.endsWith(":");
  if (language === "lua") return code.endsWith(")") && /\bfunction\b/.test(whole);
  return /^\s*(?:\w+\s+)*def\s/.test(whole) && !/(?:\bend|;)$|\)\s*=|\bdef\s+[\w.?!]+\s*=\s/.test(whole.trimEnd());
}

/** Whether a header that has opened no body may do so on a later line. */
function goesOn(code: string, next: string): boolean {
  return /(?:[=<|&:,]|\bwhere)$/.test(code) || /^\s*(?:\{|:(?!:)|->|where\b|throws\b)/.test(next);
}

/** A brace at the end of a line opens a body unless what precedes it asks for a type or a value. */
function opensBody(code: string, language: EditLanguage): boolean {
  if (!code.endsWith("{")) return false;
  const before = code.slice(0, -1).trimEnd();
  if (language === "scala") return /(?:=|\)|^)$/.test(before);
  if (language === "kotlin" && before.slice(before.lastIndexOf(")") + 1).includes("=")) return false;
  return before.endsWith("=>") || !/[:|&<,=(?]$/.test(before);
}

function docstringEnd(lines: readonly SourceLine[], first: number): number | null {
  const text = lines[first]?.text.trim() ?? "";
  if (/^[rRuU]?("(?:[^"\\]|\\.)+"|'(?:[^'\\]|\\.)+')$/.test(text)) return first;
  const quotes = /^[rRuUbB]{0,2}("""|''')/.exec(text);
  if (quotes === null) return null;
  const mark = quotes[1] ?? "";
  if (text.slice(quotes[0].length).includes(mark)) return first;
  const end = lines.findIndex((line, index) => index > first && line.text.includes(mark));
  return end === -1 ? null : end;
}

/** What may stand in brackets before a function's name: Go's receiver, Rust's visibility. */
const brackets: Readonly<Partial<Record<EditLanguage, RegExp>>> = { go: /^\s*func\s*\([^)]*\)/, rust: /^\s*pub\s*\([^)]*\)/ };

function parameterList(code: string, language: EditLanguage): string {
  const before = brackets[language]?.exec(code)?.[0].length ?? 0;
  const bare = /(?:=|^)\s*(?:async\s+)?([\w$]+)\s*=>\s*\{$/.exec(code.trim());
  if (bare !== null) return bare[1] ?? "";
  const open = code.indexOf("(", before);
  if (open === -1) return "";
  let depth = 0;
  for (let index = open; index < code.length; index++) {
    depth += bracketBalance(code[index] ?? "", "([{", ")]}");
    if (depth === 0) return code.slice(open + 1, index);
  }
  return "";
}
