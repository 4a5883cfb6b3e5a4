import { emptyBraces, withoutTypeArguments } from "./braces.ts";
import type { LanguageRow } from "./language-row.ts";

const BETWEEN = ". [(attribute_item) (line_comment) (block_comment)]* .";
const TEST_MARK = `(#match? @mark "^#!?\\\\[(cfg\\\\(.*\\\\btest\\\\b|([A-Za-z0-9_]+::)*(test|bench|rstest|test_case)\\\\b)")
  (#not-match? @mark "not\\\\(\\\\s*test") (#set! test "yes")`;
const TYPE = "type: (_) @name";

/** Bodies of `macro_rules!` and arguments of macros are tokens to the grammar, so their functions are not seen. */
export const rust: LanguageRow = {
  name: "rust",
  grammar: "rust",
  extensions: [".rs"],
  query: `
    ((attribute_item) @mark ${BETWEEN} (function_item name: (_) @name body: (block) @body) @function ${TEST_MARK})
    ((attribute_item) @mark ${BETWEEN} (mod_item name: (_) @name body: (_)) @namespace ${TEST_MARK})
    ((attribute_item) @mark ${BETWEEN} (impl_item ${TYPE}) @holder ${TEST_MARK})
    (function_item name: (_) @name body: (block) @body) @function
    (function_signature_item) @declaration
    (mod_item name: (_) @name body: (_)) @namespace
    (impl_item ${TYPE}) @holder
    (trait_item name: (_) @name) @holder
    (let_declaration pattern: [(identifier) @name (mut_pattern (identifier) @name)] value: (closure_expression body: (_) @body) @function)
    (static_item name: (_) @name value: (closure_expression body: (_) @body) @function)
    (const_item name: (_) @name value: (closure_expression body: (_) @body) @function)
    (closure_expression) @namespace
  `,
  testFiles: [/^tests?\.rs$/, /_tests?\.rs$/, /^test_.*\.rs$/],
  generatedFiles: [/\.pb\.rs$/, /[_.](generated|gen)\.rs$/],
  folders: { generated: /(^|\/)target\// },
  emptyBody: emptyBraces(String.raw`todo!|unimplemented!|panic!\("(?:not implemented|todo)`),
  trimsTrailingComments: false,
  namesOf: (text) => [typeName(text)],
  ownerOf: (text) => text,
};

/** `&'a mut fmt::Tree<T>` is `Tree`, `dyn Any + Send` is `Any`, `r#match` is `match`; tuples and slices stay as they are. */
function typeName(text: string): string {
  const bare = text.replace(/^(?:[&*]\s*|'\w+\s+|(?:mut|const|dyn)\s+|r#)+/, "");
  if (!/^[\p{L}_:]/u.test(bare)) return text.replaceAll(/\s+/g, " ");
  const path = withoutTypeArguments(bare).split("+")[0]?.trim() ?? bare;
  return path.split("::").at(-1) ?? path;
}
