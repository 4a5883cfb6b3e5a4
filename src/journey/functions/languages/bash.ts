import type { LanguageRow } from "./language-row.ts";

/** Also POSIX sh. Scripts without an ending in their name are not seen. */
export const bash: LanguageRow = {
  name: "bash",
  grammar: "bash",
  extensions: [".sh", ".bash"],
  query: `(function_definition name: (_) @name body: (_) @body) @function`,
  testFiles: [/[-_.]tests?\.(?:sh|bash)$/, /^tests?[-_.].*\.(?:sh|bash)$/, /^test\.sh$/],
  generatedFiles: [],
  emptyBody: /^\{(?:\s|#[^\n]*\n)*(?::|true|return)?;?\s*\}$/,
  trimsTrailingComments: false,
  namesOf: (text) => [text],
  ownerOf: (text) => text,
};
