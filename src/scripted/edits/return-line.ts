import type { FunctionHeader } from "./function-header.ts";
import { bracketBalance, codeOf } from "./source-language.ts";
import type { EditLanguage } from "./source-language.ts";
import { indentOf } from "./source-lines.ts";
import type { SourceLine } from "./source-lines.ts";

/** A return of one whole expression on one line, directly in the body of the function. */
export interface ReturnLine {
  readonly line: SourceLine;
  readonly expression: string;
}

/** The first such return; null where there is none, or where a name `outcome` is already in use. */
export function findReturn(lines: readonly SourceLine[], header: FunctionHeader, language: EditLanguage): ReturnLine | null {
  if (language !== "python" && language !== "script") return null;
  const body = bodyOf(lines.slice(header.bodyAt), header.bodyIndent);
  if (body.some((line) => /\boutcome\b|"""|'''/.test(line.text))) return null;
  for (const [index, line] of body.entries()) {
    const expression = indentOf(line.text) === header.bodyIndent ? returned(line.text, language) : null;
    const alone = language === "python" || (startsStatement(body[index - 1]?.text ?? "") && endsStatement(line, body[index + 1]));
    if (expression !== null && alone) return { line, expression };
  }
  return null;
}

/** Up to the first line that is less indented than the body. */
function bodyOf(lines: readonly SourceLine[], indent: string): readonly SourceLine[] {
  const end = lines.findIndex((line) => line.text.trim() !== "" && !line.text.startsWith(indent));
  return end === -1 ? lines.slice(0, -1) : lines.slice(0, end);
}

function returned(text: string, language: EditLanguage): string | null {
  const pattern = language === "python" ? /^\s*return ([^#\\]+)$/ : /^\s*return ([^;]+);?$/;
  const expression = pattern.exec(text)?.[1]?.trim();
  if (expression === undefined || /^(yield|await)?$/.test(expression) || /\/[/*]|[`]/.test(expression)) return null;
  const code = codeOf(expression, language);
  return bracketBalance(code, "([{", ")]}") === 0 && !/["'].*["']/.test(code.replaceAll('""', "")) ? expression : null;
}

function endsStatement(line: SourceLine, next: SourceLine | undefined): boolean {
  return line.text.endsWith(";") || next === undefined;
}

/** Not so after `if (x)` or `else`, whose one statement cannot be a declaration. */
function startsStatement(previous: string): boolean {
  return previous.trim() === "" || /[{};]$|^\s*\/\//.test(previous);
}
