import type { LanguageRow } from "./language-row.ts";

/** Lua pairs names and values by place: `a, b = function() end, function() end`. */
const PLACES = ["", "(_) . ", "(_) . (_) . "];
const FUNCTION = `[(function_definition body: (_) @body) (function_definition !body)] @function`;

const bindings = PLACES.map(
  (skip) => `
    (assignment_statement
      (variable_list . ${skip}[(identifier) (dot_index_expression) (bracket_index_expression field: (string))] @name)
      (expression_list . ${skip}${FUNCTION}))
    (assignment_statement
      (variable_list . ${skip}(bracket_index_expression) @other)
      (expression_list . ${skip}(function_definition) @computed))
    (assignment_statement
      (variable_list . ${skip}[(identifier) (dot_index_expression)] @name)
      (expression_list . ${skip}(table_constructor) @holder))`,
);

export const lua: LanguageRow = {
  name: "lua",
  grammar: "lua",
  extensions: [".lua"],
  query: `
    (function_declaration name: (method_index_expression) @name !body (#set! stub "yes")) @method
    (function_declaration name: (method_index_expression) @name body: (_) @body) @method
    (function_declaration name: (_) @name !body (#set! stub "yes")) @function
    (function_declaration name: (_) @name body: (_) @body) @function
    ${bindings.join("\n")}
    (field "[" name: (_) @key value: (function_definition) @computed (#not-match? @key "^[\\"']"))
    (field name: [(identifier) (string)] @name value: ${FUNCTION})
    (field name: [(identifier) (string)] @name value: (table_constructor) @holder)
    (function_definition) @namespace
  `,
  testFiles: [/_(?:spec|test)\.lua$/, /^test_.*\.lua$/],
  generatedFiles: [],
  emptyBody: /^(?:--[^\n]*(?:\n\s*|$))*(?:error\(?\s*["'](?:not implemented|todo)[^\n]*)?$/i,
  trimsTrailingComments: false,
  namesOf: (text) =>
    text
      .replaceAll(/\s*\[\s*(["'])(.*?)\1\s*\]/g, ".$2")
      .replaceAll(/^(["'])(.*)\1$/g, "$2")
      .split(/\s*[.:]\s*/),
  ownerOf: (text) => text,
};
