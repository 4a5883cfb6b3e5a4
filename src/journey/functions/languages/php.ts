import { emptyBraces, NOT_WRITTEN } from "./braces.ts";
import type { LanguageRow } from "./language-row.ts";

const CLOSURE = "[(anonymous_function body: (_) @body) (arrow_function body: (_) @body)] @function";

/** Namespaces lend no name, as packages do not. HTML around the code is text to the grammar; what is named as a page (`.phtml`, `.blade.php`) is left out. */
export const php: LanguageRow = {
  name: "php",
  grammar: "php",
  extensions: [".php", ".php5", ".php7"],
  query: `
    (function_definition name: (_) @name body: (_) @body) @function
    (method_declaration name: (_) @name body: (_) @body) @method
    (method_declaration !body) @declaration
    (assignment_expression left: [(variable_name (name) @name) (member_access_expression name: (name) @name)
      (scoped_property_access_expression name: (variable_name (name) @name))] right: ${CLOSURE})
    (assignment_expression left: (subscript_expression (string (string_content) @name)) right: ${CLOSURE})
    (array_element_initializer . (string (string_content) @name) . ${CLOSURE} .)
    (assignment_expression left: (variable_name (name) @name) right: (object_creation_expression (anonymous_class)) @holder)
    (class_declaration name: (_) @name) @holder
    (interface_declaration name: (_) @name) @holder
    (trait_declaration name: (_) @name) @holder
    (enum_declaration name: (_) @name) @holder
    (anonymous_class) @holder
    [(anonymous_function) (arrow_function)] @namespace
  `,
  testFiles: [/(?:Test|TestCase|Spec|Cest)\.php$/],
  generatedFiles: [/^_ide_helper.*\.php$/, /^GPBMetadata/],
  emptyBody: emptyBraces(String.raw`throw new \\?\w+\(${NOT_WRITTEN}`),
  trimsTrailingComments: false,
  namesOf: (text) => text.split("\\"),
  ownerOf: (text) => text,
  annotations: new Set(["attribute_list"]),
};
