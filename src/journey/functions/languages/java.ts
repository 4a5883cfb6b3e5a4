import { emptyBraces, NOT_WRITTEN } from "./braces.ts";
import type { LanguageRow } from "./language-row.ts";

export const java: LanguageRow = {
  name: "java",
  grammar: "java",
  extensions: [".java"],
  query: `
    (method_declaration name: (_) @name body: (block) @body) @method
    (method_declaration !body) @declaration
    (constructor_declaration name: (_) @name body: (_) @body) @method
    (compact_constructor_declaration name: (_) @name body: (_) @body) @method
    (annotation_type_element_declaration) @declaration
    (variable_declarator name: (identifier) @name value: (lambda_expression body: (_) @body) @function)
    (variable_declarator name: (identifier) @name value: (object_creation_expression (class_body)) @holder)
    (assignment_expression left: [(identifier) @name (field_access field: (identifier) @name)]
      right: (lambda_expression body: (_) @body) @function)
    (class_declaration name: (_) @name) @holder
    (interface_declaration name: (_) @name) @holder
    (enum_declaration name: (_) @name) @holder
    (record_declaration name: (_) @name) @holder
    (annotation_type_declaration name: (_) @name) @holder
    (enum_constant name: (_) @name body: (_)) @holder
    (object_creation_expression (class_body)) @holder
    (lambda_expression) @namespace
  `,
  testFiles: [/(?:Test|Tests|TestCase|[a-z]IT)\.java$/, /^Test[A-Z]\w*\.java$/],
  generatedFiles: [/(?:OuterClass|Grpc)\.java$/],
  folders: { test: /(^|\/)src\/\w*(?:[Tt]est|testFixtures)\//, generated: /(^|\/)(?:target|generated-sources|gen)\// },
  emptyBody: emptyBraces(String.raw`throw new \w+\(${NOT_WRITTEN}`),
  trimsTrailingComments: false,
  namesOf: (text) => [text],
  ownerOf: (text) => text,
  annotations: new Set(["annotation", "marker_annotation"]),
};
