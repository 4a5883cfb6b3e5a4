/** Languages the teacher can write a check in; anything else gets a comment. */
export type EditLanguage = "python" | "script" | "go" | "other";

export function editLanguage(path: string): EditLanguage {
  if (/\.pyi?$/.test(path)) return "python";
  if (/\.[cm]?[jt]sx?$/.test(path)) return "script";
  return path.endsWith(".go") ? "go" : "other";
}

const hashComments = /\.(pyi?|rb|sh|bash|pl|pm|r|jl|ex|exs|ya?ml|toml|tcl|nim|cr|coffee|ps1)$/i;
const dashComments = /\.(lua|sql|hs|elm|ada|adb|ads|vhdl?)$/i;

/** A comment line in the language of a file. */
export function commentLine(path: string, text: string): string {
  if (hashComments.test(path)) return `# ${text}`;
  if (dashComments.test(path)) return `-- ${text}`;
  if (/\.(clj[cs]?|lisp|el|scm)$/i.test(path)) return `;; ${text}`;
  if (/\.(erl|hrl|tex|m)$/i.test(path)) return `% ${text}`;
  if (/\.(ml|mli)$/i.test(path)) return `(* ${text} *)`;
  return `// ${text}`;
}

/** A line as code: texts emptied, comments gone, so that its brackets can be counted. */
export function codeOf(text: string, language: EditLanguage): string {
  const emptied = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g, '""');
  const comments = language === "python" ? /#.*$/ : /\/\*.*?\*\/|\/\/.*$/g;
  return emptied.replace(comments, "").trimEnd();
}

/** Brackets that a line opens less those it closes. */
export function bracketBalance(code: string, open: string, close: string): number {
  let balance = 0;
  for (const character of code) {
    if (open.includes(character)) balance++;
    if (close.includes(character)) balance--;
  }
  return balance;
}
