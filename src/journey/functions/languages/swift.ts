import { emptyBraces, withoutTypeArguments } from "./braces.ts";
import type { LanguageRow } from "./language-row.ts";

const SIGNS = [
  "==",
  "!=",
  "<",
  ">",
  "<=",
  ">=",
  "===",
  "!==",
  "+",
  "-",
  "*",
  "/",
  "%",
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "~",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  "!",
  "++",
  "--",
];
const NAME = `name: [(simple_identifier) (custom_operator) ${SIGNS.map((sign) => `"${sign}"`).join(" ")}] @name`;

/** What an extension adds is a method of the type it names; a computed property is a function by the property's name. */
export const swift: LanguageRow = {
  name: "swift",
  grammar: "swift",
  extensions: [".swift"],
  query: `
    (function_declaration ${NAME} body: (_) @body) @function
    (protocol_function_declaration) @declaration
    (init_declaration body: (_) @body (#set! name "init")) @method
    (init_declaration !body) @declaration
    (deinit_declaration body: (_) @body (#set! name "deinit")) @method
    (subscript_declaration (computed_property [(computed_getter) (computed_setter)]) (#set! name "subscript")) @namespace
    (subscript_declaration (computed_property) @body (#set! name "subscript")) @method
    (property_declaration name: (pattern bound_identifier: (_) @name)
      computed_value: (computed_property [(computed_getter) (computed_setter)])) @namespace
    (property_declaration name: (pattern bound_identifier: (_) @name) computed_value: (computed_property) @body) @function
    (property_declaration name: (pattern bound_identifier: (_) @name) (willset_didset_block)) @namespace
    (computed_getter "{" (#set! name "get")) @method
    (computed_setter "{" (#set! name "set")) @method
    (computed_modify "{" (#set! name "modify")) @method
    (willset_clause "{" (#set! name "willSet")) @method
    (didset_clause "{" (#set! name "didSet")) @method
    (property_declaration name: (pattern bound_identifier: (_) @name) value: (lambda_literal) @function)
    (assignment target: (directly_assignable_expression [(simple_identifier) @name
      (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @name))]) result: (lambda_literal) @function)
    (class_declaration name: (_) @name) @holder
    (protocol_declaration name: (_) @name) @holder
    (lambda_literal) @namespace
  `,
  testFiles: [/Tests?\.swift$/, /^XCTestManifests\.swift$/],
  generatedFiles: [/\.(?:pb|grpc|generated)\.swift$/, /^R\.generated\.swift$/],
  folders: { test: /(?:^|\/)[^/]*Tests\//, vendored: /(^|\/)(?:Pods|Carthage|\.build)\// },
  emptyBody: emptyBraces(String.raw`fatalError\("(?:not implemented|unimplemented|todo|init\(coder:\))`),
  trimsTrailingComments: false,
  namesOf: (text) => withoutSubscripts(text).split("."),
  ownerOf: (text) => text,
  annotations: new Set(["attribute"]),
};

function withoutSubscripts(text: string): string {
  return /^[\p{L}_`]/u.test(text) ? withoutTypeArguments(text).replaceAll(/[\s`]+/g, "") : text;
}
