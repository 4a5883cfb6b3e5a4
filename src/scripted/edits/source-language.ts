/** Languages the teacher can write a check in, but for bash, whose functions name no parameters; anything else gets a comment. */
export type EditLanguage =
  | "python"
  | "script"
  | "go"
  | "java"
  | "csharp"
  | "php"
  | "ruby"
  | "lua"
  | "kotlin"
  | "swift"
  | "scala"
  | "rust"
  | "bash"
  | "other";

const byExtension: readonly (readonly [RegExp, EditLanguage])[] = [
  [/\.pyi?$/, "python"],
  [/\.[cm]?[jt]sx?$/, "script"],
  [/\.go$/, "go"],
  [/\.java$/, "java"],
  [/\.csx?$/, "csharp"],
  [/\.php\d?$/, "php"],
  [/\.(?:rb|rake|gemspec|ru)$/, "ruby"],
  [/\.lua$/, "lua"],
  [/\.kts?$/, "kotlin"],
  [/\.swift$/, "swift"],
  [/\.(?:scala|sc)$/, "scala"],
  [/\.rs$/, "rust"],
  [/\.(?:sh|bash)$/, "bash"],
];

export function editLanguage(path: string): EditLanguage {
  return byExtension.find(([pattern]) => pattern.test(path))?.[1] ?? "other";
}

const hashComments = /\.(pyi?|rb|rake|gemspec|ru|sh|bash|pl|pm|r|jl|ex|exs|ya?ml|toml|tcl|nim|cr|coffee|ps1)$/i;
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
  // In Rust a single quote begins a lifetime more often than a character.
  const texts = language === "rust" ? /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'/g : /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g;
  return text
    .replace(texts, '""')
    .replace(comments[language] ?? /\/\*.*?\*\/|\/\/.*$/g, "")
    .trimEnd();
}

const comments: Readonly<Partial<Record<EditLanguage, RegExp>>> = {
  python: /#.*$/,
  ruby: /#.*$/,
  bash: /(?:^|\s)#.*$/,
  lua: /--.*$/,
};

/** Brackets that a line opens less those it closes. */
export function bracketBalance(code: string, open: string, close: string): number {
  let balance = 0;
  for (const character of code) {
    if (open.includes(character)) balance++;
    if (close.includes(character)) balance--;
  }
  return balance;
}
