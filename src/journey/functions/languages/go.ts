import type { LanguageRow } from "./language-row.ts";

/** Go pairs names and values by place: `a, b := func() {}, func() {}`. */
const PLACES = ["", ". (_) ", ". (_) . (_) "];

const bindings = PLACES.map(
  (skip) => `
    (short_var_declaration
      left: (expression_list ${skip}. (identifier) @name (#not-eq? @name "_"))
      right: (expression_list ${skip}. (func_literal body: (block) @body) @function))
    (assignment_statement
      left: (expression_list ${skip}. [(identifier) (selector_expression)] @name (#not-eq? @name "_"))
      right: (expression_list ${skip}. (func_literal body: (block) @body) @function))
    (var_spec
      ${skip === "" ? "" : `${skip.replaceAll("_", "identifier")} . `}name: (identifier) @name (#not-eq? @name "_")
      value: (expression_list ${skip}. (func_literal body: (block) @body) @function))`,
);

export const go: LanguageRow = {
  name: "go",
  grammar: "go",
  extensions: [".go"],
  query: `
    (function_declaration name: (identifier) @name body: (block) @body) @function
    (function_declaration !body) @declaration
    (method_declaration
      receiver: (parameter_list (parameter_declaration type: (_) @owner))
      name: (field_identifier) @name
      body: (block) @body) @method
    ${bindings.join("\n")}
  `,
  testFiles: [/_test\.go$/],
  generatedFiles: [/\.pb(\.gw)?\.go$/, /^zz_generated\b.*\.go$/, /[_.](generated|gen)\.go$/],
  emptyBody: /^\{(?:\s|\/\/[^\n]*\n|\/\*[^*]*\*\/)*(?:panic\("(?:not implemented|unimplemented|TODO)[^\n]*)?\s*\}$/i,
  trimsTrailingComments: false,
  namesOf: (text) => text.split(".").slice(-1),
  /** `(*Tree[K, V])` is `Tree`. */
  ownerOf: (text) => /[\p{L}_][\p{L}\p{N}_]*/u.exec(text)?.[0] ?? text,
};
