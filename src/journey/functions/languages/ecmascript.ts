import type { LanguageRow } from "./language-row.ts";

const FUNCTION = `[
  (arrow_function body: (_) @body)
  (function_expression body: (statement_block) @body)
  (generator_function body: (statement_block) @body)
] @function`;
const ANY_FUNCTION = "[(arrow_function) (function_expression) (generator_function)]";
const MEMBER_NAME = "[(property_identifier) (private_property_identifier) (string) (number)] @name";
/** JavaScript's grammar lacks a private name as an object key. */
const KEY = "[(property_identifier) (string) (number)] @name";

const common = `
  (function_declaration name: (identifier) @name body: (statement_block) @body) @function
  (generator_function_declaration name: (identifier) @name body: (statement_block) @body) @function
  (method_definition name: ${MEMBER_NAME} body: (statement_block) @body) @method
  (method_definition name: (computed_property_name) @computed)
  (variable_declarator name: (identifier) @name value: ${FUNCTION})
  (variable_declarator name: (identifier) @name value: (parenthesized_expression ${FUNCTION}))
  (variable_declarator name: (identifier) @name value: [(object) (class)] @holder)
  (assignment_expression left: [(identifier) (member_expression)] @name right: ${FUNCTION}
    (#not-any-of? @name "exports" "module.exports"))
  (assignment_expression left: [(identifier) (member_expression)] @name right: [(object) (class)] @holder)
  (assignment_expression left: (subscript_expression index: (string) @name) right: ${FUNCTION})
  (assignment_expression left: (subscript_expression index: (_) @index) right: ${ANY_FUNCTION} @computed
    (#not-match? @index "^[\\"']"))
  (augmented_assignment_expression left: [(identifier) (member_expression)] @name right: ${FUNCTION})
  (pair key: ${KEY} value: ${FUNCTION})
  (pair key: ${KEY} value: (object) @holder)
  (pair key: (computed_property_name) value: ${ANY_FUNCTION} @computed)
  (export_statement "default" value: ${FUNCTION} (#set! name "default"))
  (export_statement "default" value: [(object) (class)] @holder (#set! name "default"))
  (class name: (_) @name) @holder
  (class_declaration name: (_) @name) @holder
  (function_expression name: (identifier) @name body: (statement_block) @body) @function
  (generator_function name: (identifier) @name body: (statement_block) @body) @function
  (assignment_expression left: (member_expression) right: ${FUNCTION} (#set! name "default"))
`;

const javascriptFields = `
  (field_definition property: ${MEMBER_NAME} value: ${FUNCTION})
  (field_definition property: (computed_property_name) value: ${ANY_FUNCTION} @computed)
`;

/** Casts around a value, and what only types can say. */
const typed = `
  (public_field_definition name: ${MEMBER_NAME} value: ${FUNCTION})
  (public_field_definition name: (computed_property_name) value: ${ANY_FUNCTION} @computed)
  (variable_declarator name: (identifier) @name value: [
    (as_expression ${FUNCTION}) (satisfies_expression ${FUNCTION})
    (as_expression (parenthesized_expression ${FUNCTION})) (satisfies_expression (parenthesized_expression ${FUNCTION}))
    (as_expression (object) @holder) (satisfies_expression (object) @holder)
  ])
  (export_statement "default" value: [(as_expression (object) @holder) (satisfies_expression (object) @holder)]
    (#set! name "default"))
  (abstract_class_declaration name: (_) @name) @holder
  (internal_module name: (_) @name) @namespace
  (module name: (_) @name) @namespace
  (function_signature) @declaration
  (abstract_method_signature) @declaration
  (class_body (method_signature) @declaration)
`;

/** Last: what stands in a function without a name is not a member of the class around it. */
const anonymous = `
  (class_static_block) @namespace
  ${ANY_FUNCTION} @namespace
`;

const shared = {
  testFiles: [/\.(test|tests|spec|e2e|cy)\.[cm]?[jt]sx?$/, /^tests?\.[cm]?[jt]sx?$/],
  generatedFiles: [/[._-](generated|gen)\.[cm]?[jt]sx?$/, /_pb\.[cm]?[jt]s$/],
  emptyBody: /^\{(?:\s|\/\/[^\n]*\n|\/\*[^*]*\*\/)*(?:throw new Error\(["'`](?:not implemented|unimplemented|todo)[^\n]*)?\s*\}$/i,
  trimsTrailingComments: false,
  namesOf: memberNames,
  ownerOf: (text: string) => text,
};

/** `export default …` and `module.exports = …` without a name of their own are "default". */
export const javascript: LanguageRow = {
  ...shared,
  name: "javascript",
  grammar: "javascript",
  extensions: [".js", ".mjs", ".cjs", ".jsx"],
  query: common + javascriptFields + anonymous,
};

export const typescript: LanguageRow = {
  ...shared,
  name: "typescript",
  grammar: "typescript",
  extensions: [".ts", ".mts", ".cts"],
  query: common + typed + anonymous,
};

export const tsx: LanguageRow = { ...typescript, name: "tsx", grammar: "tsx", extensions: [".tsx"] };

/** `exports.x` and `this.x` are `x`, `Tree.prototype.x` is `Tree.x`, `"x"` is `x`; of a computed chain only the end is kept. */
function memberNames(text: string): readonly string[] {
  if (/^["'`]/.test(text)) return [text.slice(1, -1)];
  if (text === "module.exports") return [];
  const chain = text
    .replaceAll(/\s+/g, "")
    .replace(/^(module\.)?exports\.|^this\./, "")
    .replaceAll(/\.prototype(?=\.|$)/g, "");
  if (/^[\p{ID_Continue}$#.]+$/u.test(chain)) return chain.split(".");
  return /[\p{ID_Continue}$#]+$/u.exec(chain) ?? [];
}
