import { emptyBraces, lastOfPath } from "./braces.ts";
import type { LanguageRow } from "./language-row.ts";

const RECEIVER = "[(user_type) (nullable_type) (parenthesized_type)] @owner";
const LAMBDA = "[(lambda_literal) (anonymous_function (function_body) @body)] @function";

/** An extension function is `Receiver.name` (`Function.name` of a function type), a property's accessors are `property.get` and `property.set`. */
export const kotlin: LanguageRow = {
  name: "kotlin",
  grammar: "kotlin",
  extensions: [".kt", ".kts"],
  query: `
    (function_declaration ${RECEIVER} . (simple_identifier) @name (function_body) @body) @method
    (function_declaration (simple_identifier) @name (function_body) @body) @function
    (function_declaration) @declaration
    (secondary_constructor "{" (#set! name "constructor")) @method
    (secondary_constructor) @declaration
    (property_declaration (variable_declaration . (simple_identifier) @owner) (getter (function_body) @body) @method (#set! name "get"))
    (property_declaration (variable_declaration . (simple_identifier) @owner) (setter (function_body) @body) @method (#set! name "set"))
    ((property_declaration (variable_declaration . (simple_identifier) @owner)) . (getter (function_body) @body) @method
      (#set! name "get"))
    ((property_declaration (variable_declaration . (simple_identifier) @owner)) . (getter)? . (setter (function_body) @body) @method
      (#set! name "set"))
    (property_declaration (variable_declaration . (simple_identifier) @name) ${LAMBDA})
    (property_declaration (variable_declaration . (simple_identifier) @name) (object_literal) @holder)
    (assignment (directly_assignable_expression [(simple_identifier) @name (navigation_suffix (simple_identifier) @name)]) ${LAMBDA})
    (class_declaration (type_identifier) @name) @holder
    (object_declaration (type_identifier) @name) @holder
    (companion_object (type_identifier) @name) @holder
    (companion_object (#set! name "Companion")) @holder
    (enum_entry (simple_identifier) @name (class_body)) @holder
    (object_literal) @holder
    [(lambda_literal) (anonymous_function)] @namespace
  `,
  testFiles: [/(?:Test|Tests|TestCase|Spec|[a-z]IT)\.kts?$/, /^Test[A-Z]\w*\.kts?$/],
  generatedFiles: [/\.pb\.kt$/, /(?:GrpcKt|OuterClassGrpcKt)\.kt$/],
  folders: { test: /(^|\/)src\/\w*(?:[Tt]est|testFixtures)\//, generated: /(^|\/)(?:target|generated-sources)\// },
  emptyBody: new RegExp(`${emptyBraces(String.raw`TODO\(|throw NotImplementedError`).source}|^=\\s*TODO\\([^\\n]*\\)$`, "i"),
  trimsTrailingComments: false,
  namesOf: (text) => [text.replaceAll("`", "")],
  ownerOf: (text) => (text.includes("->") ? "Function" : lastOfPath(text.replaceAll(/[()]/g, ""))),
  annotations: new Set(["annotation"]),
};
