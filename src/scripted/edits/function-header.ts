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
  if (!deeper && language === "python") return null;
  const unit = deeper ? firstIndent.slice(outerIndent.length) : usualUnit(outerIndent, language);
  const code = lines.slice(at, end + 1).map((line) => codeOf(line.text, language));
  return {
    parameters: parameterList(code.join("\n"), language),
    bodyAt: language === "python" ? (docstringEnd(lines, first) ?? end) + 1 : end + 1,
    bodyIndent: outerIndent + unit,
    unit,
  };
}

function isBodyLine(text: string, language: EditLanguage): boolean {
  return text.trim() !== "" && !(language === "python" && text.trimStart().startsWith("#"));
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
    const opens = language === "python" ? curly === 0 && code.endsWith(":") : curly === 1 && opensBody(code);
    if (opens) return /[(]|=>/.test(whole) ? index : null;
    if (curly <= 0 && (language === "python" || !goesOn(code))) return null;
  }
  return null;
}

/** Whether a header that has opened no body may do so on a later line. */
function goesOn(code: string): boolean {
  return /[=<|&:]$/.test(code);
}

/** A brace at the end of a line opens a body unless what precedes it asks for a type or a value. */
function opensBody(code: string): boolean {
  if (!code.endsWith("{")) return false;
  const before = code.slice(0, -1).trimEnd();
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

function parameterList(code: string, language: EditLanguage): string {
  const receiver = language === "go" ? (/^\s*func\s*\([^)]*\)/.exec(code)?.[0].length ?? 0) : 0;
  const bare = /(?:=|^)\s*(?:async\s+)?([\w$]+)\s*=>\s*\{$/.exec(code.trim());
  if (bare !== null) return bare[1] ?? "";
  const open = code.indexOf("(", receiver);
  if (open === -1) return "";
  let depth = 0;
  for (let index = open; index < code.length; index++) {
    depth += bracketBalance(code[index] ?? "", "([{", ")]}");
    if (depth === 0) return code.slice(open + 1, index);
  }
  return "";
}
