import type { LanguageRow } from "./language-row.ts";

/** Functions are exactly the FunctionDef and AsyncFunctionDef nodes of Python's `ast`; lambdas are not. Stub files (.pyi) hold no code. */
export const python: LanguageRow = {
  name: "python",
  grammar: "python",
  extensions: [".py"],
  query: `
    (function_definition name: (identifier) @name body: (block) @body) @function
    (class_definition name: (identifier) @name) @holder
  `,
  testFiles: [/^test_.*\.py$/, /_tests?\.py$/, /^tests?\.py$/, /^conftest\.py$/],
  generatedFiles: [/_pb2(_grpc)?\.py$/],
  emptyBody:
    /^(?:[rRuU]?("""|'''|"|')(?:(?!\1)[\s\S])*\1\s*)?(?:#[^\n]*(?:\n\s*|$))*(?:pass|\.\.\.|raise NotImplementedError\b[^\n]*)?;?(?:[ \t]*#[^\n]*)?(?:\n\s*#[^\n]*)*\s*$/,
  trimsTrailingComments: true,
  namesOf: (text) => [text],
  ownerOf: (text) => text,
};
